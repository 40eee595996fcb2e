using WebLab.Engine.Attacks;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Methods;

/// <summary>One batch and everything a method may use to learn from it.</summary>
public sealed class Lesson
{
    /// <summary>N x C x H x W in [0,1], augmented.</summary>
    public required Tensor X { get; init; }

    /// <summary>N int64.</summary>
    public required Tensor Y { get; init; }

    /// <summary>Chance, keyed by the samples of this batch and the step.</summary>
    public required Draws Draws { get; init; }

    public required Network Network { get; init; }

    /// <summary>Over the parameters of network and method.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>Learning rate of the batch's update k, from 0.</summary>
    public required Func<int, double> Lr { get; init; }

    /// <summary>1-based.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>Epochs of the whole run.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Sees every attack step and may stop it.</summary>
    public IStepObserver? Observer { get; init; }

    /// <summary>Bound on the global L2 norm of the gradient.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Forward passes run in this type where libtorch lists the operator as safe; null: as stored.</summary>
    public DType? Autocast { get; init; }

    /// <summary>Probability that training labels give away, in equal parts to every class.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The second labels, where the images are mixtures of two.</summary>
    public Mixture? Mixture { get; init; }

    /// <summary>When there, intermediate tensors by name: x_adv, loss, loss.PART, grad.PARAMETER. For reference cases; the tensors belong to no scope.</summary>
    public IDictionary<string, Tensor>? Notes { get; init; }

    /// <summary>Parts of the loss and other means are counted for metrics; where off, telling them costs nothing.</summary>
    public bool Counting { get; init; }

    /// <summary>What the steps of this batch added up.</summary>
    public Tally Tally { get; private set; } = new();

    /// <summary>Batch statistics that move the running ones, everything random on: the pass of a training forward.</summary>
    public Pass TrainingPass => new() { Train = true, Stats = StatsMode.BatchUpdate, Labels = Y, Draws = Draws };

    /// <summary>Logits N x K in the type of the images.</summary>
    public Tensor Logits(Tensor x, Pass pass) => Cast(x, images => Network.Forward(images, pass));

    /// <summary>Logits of the main head, then of the attribution heads, N x K each, from one pass.</summary>
    public Tensor[] Heads(Tensor x, Pass pass) => Cast(x, images => Ops.stack(Network.Heads(images, pass))).unbind();

    /// <summary>Runs a part of the network, in the lower precision where one is set; the result has the type of <paramref name="x"/>.</summary>
    public Tensor Cast(Tensor x, Func<Tensor, Tensor> part)
    {
        if (Autocast is not { } type) return part(x);
        using var autocast = Torch.Autocast.Enter(x.device.Kind, type);
        return part(x).to(x.dtype);
    }

    /// <summary>The network as an attack sees it through one pass.</summary>
    public Victim Victim(Pass pass) => new(x => Logits(x, pass));

    /// <summary>The goal of leaving the clean prediction behind, which is computed with running statistics.</summary>
    public Goal Diverging()
    {
        using var off = NoGrad.Enter();
        return new Diverging(Y, Logits(X, Pass.Eval).log_softmax(1));
    }

    /// <summary>Adversarial training images, N x C x H x W, for the goal, by the network run through the pass.</summary>
    /// <param name="attack">Searches from one start for all its steps.</param>
    /// <param name="goal">What it climbs.</param>
    /// <param name="pass">How the network is run.</param>
    /// <param name="centre">What is perturbed; the batch where absent.</param>
    public Tensor Craft(Attack attack, Goal goal, Pass pass, Tensor? centre = null) => Pursue(attack, goal, Victim(pass), centre).X;

    /// <inheritdoc cref="Craft(Attack, Goal, Pass, Tensor?)"/>
    public Tensor Craft(Attack attack, Goal goal, Victim victim, Tensor? centre = null) => Pursue(attack, goal, victim, centre).X;

    /// <summary>Adversarial training images, and the passes that each took.</summary>
    public Found Pursue(Attack attack, Goal goal, Victim victim, Tensor? centre = null)
    {
        var found = attack.Craft(victim, centre ?? X, goal, Draws.In("attack"), Observer);
        Note("x_adv", found.X);
        Note("steps", found.Backwards);
        return found;
    }

    /// <summary>Logits of several views of the batch in one training pass, a part each.</summary>
    /// <param name="views">N x C x H x W each, in the order of the route's chunks.</param>
    /// <param name="route">Which bank serves which view.</param>
    public Tensor[] Together(Tensor[] views, Route route)
    {
        var rows = Ops.arange(Y.shape[0], DType.Int64, Y.device).repeat(views.Length);
        var logits = Logits(Ops.cat(views, 0), TrainingPass with { Route = route, Labels = Y.repeat(views.Length), Draws = Draws.Select(rows) });
        return logits.chunk(views.Length);
    }

    /// <summary>Sum of weighted mean cross-entropies, each noted as <c>loss.NAME</c>.</summary>
    public Tensor Weighted(IReadOnlyList<(string Name, Tensor Logits, double Weight)> terms)
    {
        Tensor? sum = null;
        foreach (var (name, logits, weight) in terms)
        {
            var loss = CrossEntropy(logits);
            Note($"loss.{name}", loss);
            sum = sum is null ? loss * weight : sum + (loss * weight);
        }
        return sum!;
    }

    /// <summary>Mean cross-entropy that training lowers, with the labels smoothed and mixed as the run asks; a scalar. Attacks climb the plain one.</summary>
    /// <param name="logits">Of the whole batch, N x K.</param>
    public Tensor CrossEntropy(Tensor logits)
    {
        var own = Smoothed(logits, Y).mean();
        return Mixture is { } second ? (own * second.Share) + (Smoothed(logits, second.Labels).mean() * (1 - second.Share)) : own;
    }

    /// <summary>Cross-entropy per sample with smoothed labels: (1 - s) on the label and s / K on every class (Szegedy et al. 2016).</summary>
    /// <param name="logits">Of any samples, N x K.</param>
    /// <param name="y">Theirs, N int64.</param>
    public Tensor Smoothed(Tensor logits, Tensor y) => LabelSmoothing == 0 ? Losses.CrossEntropy(logits, y)
        : Losses.SmoothCrossEntropy(logits, y, 1 - LabelSmoothing + (LabelSmoothing / logits.shape[1]));

    /// <summary>Mean cross-entropy; a scalar.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor y) => Losses.CrossEntropy(logits, y).mean();

    /// <summary>Mean cross-entropy with smoothed labels; a scalar.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor y, double top) => Losses.SmoothCrossEntropy(logits, y, top).mean();

    /// <summary>The right answers among the clean images as the network stands, by running statistics; counted nowhere yet.</summary>
    public Tally Look()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        return new Tally(CleanSeen: Y.shape[0], CleanRight: Right(Logits(X, Pass.Eval), Y));
    }

    /// <summary>Counts the right answers among logits of clean images.</summary>
    public void SawClean(Tensor logits, Tensor y) => Tally += new Tally(CleanSeen: y.shape[0], CleanRight: Right(logits, y));

    /// <summary>Counts the right answers among logits of adversarial images.</summary>
    public void SawAdversarial(Tensor logits, Tensor y) => Tally += new Tally(AdversarialSeen: y.shape[0], AdversarialRight: Right(logits, y));

    /// <summary>Counts the steps that the attack of a method took, where that number is the method's own to choose (N int64).</summary>
    public void SawSteps(Tensor steps) => Tally += new Tally(Attacked: steps.shape[0], AttackSteps: steps.sum().item<long>());

    /// <summary>Puts the sums back to an earlier state: a side pass does not count.</summary>
    public void Recount(Tally tally) => Tally = tally;

    /// <summary>A mean over the batch, for the metric <c>train.NAME</c>.</summary>
    /// <param name="name">Part of the metric's name.</param>
    /// <param name="mean">Makes the scalar, if it is wanted.</param>
    public void Tell(string name, Func<Tensor> mean)
    {
        if (!Counting) return;
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        Tally += Tally.Of(name, mean().item<double>(), Y.shape[0]);
    }

    /// <summary>Puts an intermediate tensor into <see cref="Notes"/>; a part of the loss, <c>loss.PART</c>, is told as a metric too.</summary>
    public void Note(string name, Tensor value)
    {
        if (name.StartsWith("loss.", StringComparison.Ordinal)) Tell(name, () => value);
        if (Notes is null) return;
        using var off = NoGrad.Enter();
        Notes[name] = value.clone().Unscoped();
    }

    /// <summary>Gradients of a loss by network and method parameters, in the optimiser's order.</summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="more">Other tensors that want their gradient; theirs follow.</param>
    /// <exception cref="JobFailure"><c>nan-loss</c>: the loss is not finite; nothing has been changed.</exception>
    public Tensor[] Gradients(Tensor loss, params Tensor[] more)
    {
        Count(loss);
        return Grad.Of([loss], [.. Optimizer.Values(), .. more], allowUnused: true);
    }

    /// <summary>Counts the batch with its whole loss.</summary>
    internal void Count(Tensor loss)
    {
        Tally += new Tally(Images: Y.shape[0], Loss: DemandFinite(loss) * Y.shape[0]);
        Note("loss", loss);
    }

    internal double DemandFinite(Tensor loss)
    {
        var value = loss.item<double>();
        return double.IsFinite(value) ? value : throw new JobFailure(FailureCode.NanLoss, $"The loss became {value} in epoch {Epoch}.",
            "Lower optimizer.lr, add schedule.warmupEpochs or set training.clipNorm, then retry from the last checkpoint.");
    }

    /// <summary>Gradient, clipping, optimiser step.</summary>
    public void Descend(Tensor loss, int update = 0) => Apply(Gradients(loss), update);

    /// <summary>Clips gradients and takes the optimiser step; they are consumed.</summary>
    public void Apply(Tensor[] gradients, int update = 0)
    {
        for (var k = 0; k < gradients.Length; k++) Note($"grad.{Optimizer.Parameters[k].Name}", gradients[k]);
        if (ClipNorm is { } bound) Clip(gradients, bound);
        Optimizer.Step(gradients, Lr(update));
    }

    /// <summary>PyTorch's rule: everything times min(1, bound / (norm + 1e-6)), in place.</summary>
    internal static void Clip(Tensor[] gradients, double bound)
    {
        using var off = NoGrad.Enter();
        var norm = Ops.stack([.. gradients.Select(g => g.norm())]).norm();
        var factor = norm.add(1e-6).reciprocal().mul(bound).clamp_max(1);
        foreach (var g in gradients) g.mul_(factor);
    }

    private static long Right(Tensor logits, Tensor y) => logits.detach().argmax(1).eq(y).sum().item<long>();
}

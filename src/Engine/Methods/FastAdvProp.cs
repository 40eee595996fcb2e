using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("fast-advprop", "Fast AdvProp", "AdvProp on a part of each batch, with one pass for attack and gradient: clean accuracy for little more than standard training. Divide epochs by 1 + the share.",
    Group = "Clean accuracy", Source = "Mei et al. 2022", Link = "https://arxiv.org/abs/2204.09838")]
public sealed record FastAdvPropOptions : MethodOptions
{
    [Description("Radius (Linf) of the noise and the attack, such as \"1/255\".")]
    public Budget Eps { get; init; } = Budget.Of255(1);

    [Description("Length of the one step.")]
    public Budget StepSize { get; init; } = Budget.Of255(1);

    [Range(0.01, 0.99), Description("Share of each batch that is attacked; the rest stays clean.")]
    public double AttackedShare { get; init; } = 0.2;

    [Range(0.001, 100.0), Advanced, Description("Weight of the losses on noisy and on attacked images, beside 1 for clean ones.")]
    public double Beta { get; init; } = 0.5;

    [Advanced, Description("Divide each gradient by the weight of the losses that reached it: convolutions and both batch norms then learn at one speed.")]
    public bool Synchronise { get; init; } = true;

    [Range(1, 1024), Unit("groups"), Advanced, Description("Groups with batch statistics of their own; images change their group between the noisy and the attacked pass.")]
    public int Groups { get; init; } = 1;

    public override int BanksNeeded() => 2;

    public override Softness TakesLabels() => Softness.Smoothed;

    /// <summary>Clean images once, attacked ones twice.</summary>
    public override Effort Effort(ArchitectureOptions model) => new(Learn: 1 + AttackedShare);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new FastAdvProp(this, network, batch[0]);
}

/// <summary>
/// Sum of CE over clean images (bank 0) + beta times the sum over the same images with noise (bank 1) + beta times the sum after one sign
/// step by the gradient of the noisy pass (bank 1), true labels throughout (Mei et al. 2022, algorithm 1). One backward pass through the
/// noisy images serves weights and attack.
/// </summary>
public sealed class FastAdvProp : Method
{
    private readonly FastAdvPropOptions _options;
    private readonly IReadOnlyDictionary<string, int> _bankOf;
    private readonly int _attacked;

    /// <param name="options">Checked.</param>
    /// <param name="network">Two banks.</param>
    /// <param name="batch">Images of a batch.</param>
    /// <exception cref="ArgumentException">A batch leaves no clean images, or fewer than two attacked ones in a group.</exception>
    public FastAdvProp(FastAdvPropOptions options, Network network, long batch)
    {
        (_options, _bankOf) = (options, AdvProp.BanksOf(network));
        _attacked = (int)Math.Round(options.AttackedShare * batch, MidpointRounding.AwayFromZero);
        if (_attacked / options.Groups < 2 || _attacked > batch - 2)
            throw new ArgumentException($"attackedShare {options.AttackedShare} of a batch of {batch} is {_attacked} images in {options.Groups} groups; wanted 2 or more in each, and 2 clean ones");
    }

    public override void Step(Lesson lesson)
    {
        var (n1, n2) = (lesson.X.shape[0] - _attacked, (long)_attacked);
        var all = n1 + (2 * _options.Beta * n2);
        var (clean, noisy) = (Part.Of(lesson, 0, n1), Part.Of(lesson, n1, n2));
        var ball = Ball.Around(noisy.X, Norm.Linf, _options.Eps.Value);
        var start = ball.Begin(Start.Uniform, noisy.Draws.In("attack").In("round0")).detach().requires_grad_();

        var logits = lesson.Logits(clean.X, lesson.TrainingPass with { Route = Route.One(0), Labels = clean.Y, Draws = clean.Draws });
        lesson.SawClean(logits, clean.Y);
        var own = lesson.Smoothed(logits, clean.Y).sum();
        var sum = new GradientSum(lesson);
        var slope = sum.Add((own + (Attacked(lesson, noisy with { X = start }) * _options.Beta)) / all, aside: [start])[0];
        using (NoGrad.Enter()) start = ball.Project(start + (slope.sign() * _options.StepSize.Value));
        lesson.Note("x_adv", start);
        var moved = noisy with { X = start };
        if (_options.Groups > 1) moved = moved.Rows(noisy.Draws.Permutation("groups"));
        sum.Add(Attacked(lesson, moved, final: true) * (_options.Beta / all));
        var gradients = sum.Close();
        using (NoGrad.Enter())
            for (var k = 0; k < gradients.Length; k++) gradients[k].mul_(Factor(lesson.Optimizer.Parameters[k].Name, n1, n2, all));
        lesson.Apply(gradients);
    }

    private double Factor(string parameter, long n1, long n2, double all)
    {
        if (!_options.Synchronise || !_bankOf.TryGetValue(parameter, out var bank)) return 1;
        return all / (bank == 0 ? n1 : 2 * _options.Beta * n2);
    }

    // The sum of losses through bank 1, group by group.
    private Tensor Attacked(Lesson lesson, Part part, bool final = false)
    {
        Tensor? sum = null;
        var (size, from) = (part.Y.shape[0] / _options.Groups, 0L);
        for (var g = 0; g < _options.Groups; g++)
        {
            var rows = Ops.arange(from, g == _options.Groups - 1 ? part.Y.shape[0] : from + size, 1, DType.Int64, part.Y.device);
            from += size;
            var group = part.Rows(rows);
            var logits = lesson.Logits(group.X, lesson.TrainingPass with { Route = Route.One(1), Labels = group.Y, Draws = group.Draws });
            if (final) lesson.SawAdversarial(logits, group.Y);
            var loss = lesson.Smoothed(logits, group.Y).sum();
            sum = sum is null ? loss : sum + loss;
        }
        return sum!;
    }

    private sealed record Part(Tensor X, Tensor Y, Draws Draws)
    {
        public static Part Of(Lesson lesson, long from, long count) =>
            new Part(lesson.X, lesson.Y, lesson.Draws).Rows(Ops.arange(from, from + count, 1, DType.Int64, lesson.Y.device));

        public Part Rows(Tensor rows) => new(X.index_select(0, rows), Y.index_select(0, rows), Draws.Select(rows));
    }
}

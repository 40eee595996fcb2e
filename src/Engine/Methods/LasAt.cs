using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>
/// A policy chooses radius, number of steps and step length of each image's attack; the network learns from the images so made, by smoothed
/// labels. Now and then the policy learns from R = CE(f(x'), y) + a robust accuracy + b clean accuracy of a trial step of the network, which
/// is taken back (Jia et al. 2022, algorithm 1).
/// Differs: the decision between kinds of attack, which has one option, is left out: its probability is 1 and its gradient 0.
/// </summary>
public sealed class LasAt : Method
{
    private const double LargestLoss = 10;

    private readonly LasAtOptions _options;
    private readonly StrategyPolicy _policy;
    private readonly Attack _judge;
    private readonly Tensor _baseline;

    public LasAt(LasAtOptions options, Network network)
    {
        using var scope = Scope.Enter();
        (_options, _judge) = (options, options.Judge.Build());
        var decisions = options.Decisions();
        _policy = new StrategyPolicy(decisions, network.Companion(options.Policy, decisions.Sum(d => d.Values.Count)), options.PolicyLr, options.PolicyMomentum);
        _baseline = Ops.full([], double.NaN, DType.Float64).Unscoped();
    }

    private bool Trades => _options.Loss == LasLoss.Trades;

    /// <summary><c>policy.*</c>; <c>baseline</c>, the moving average of the rewards, NaN before the first.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State =>
        [.. _policy.State.Select(s => ($"policy.{s.Name}", s.Value)), ("baseline", _baseline)];

    public override void Initialise(Rng rng) => _policy.Initialise(rng);

    public override void Step(Lesson lesson)
    {
        if ((lesson.Draws.Step + 1) % _options.PolicyEvery == 0) Teach(lesson);
        Strategy strategy;
        using (NoGrad.Enter())
        {
            var (logits, draws) = (_policy.Logits(lesson, Pass.Eval), lesson.Draws.In("strategy"));
            strategy = new Strategy(k => draws.Composed(_options.Decisions()[k].Name, d => _policy.Values(k, StrategyPolicy.Sample(logits[k], d))), Trades);
        }
        var found = lesson.Pursue(AttackBy(strategy), Goal(lesson), lesson.Victim(Pass.Eval));
        lesson.SawSteps(found.Backwards);
        Tensor Loss(Pass pass) => LossOn(lesson, found.X, strategy, pass);
        if (_options.Gamma > 0 && lesson.Epoch >= _options.StartEpoch) Awp.Descend(lesson, _options.Gamma, Loss);
        else lesson.Descend(Loss(lesson.TrainingPass));
    }

    public override void Dispose()
    {
        _policy.Dispose();
        _baseline.Dispose();
        GC.SuppressFinalize(this);
    }

    private Attack AttackBy(Strategy strategy) =>
        new StrategyPgd(strategy.Eps, strategy.Steps, strategy.StepSize, Trades ? Start.Gauss : Start.Uniform, _options.StartEps.Value);

    private Goal Goal(Lesson lesson) => Trades ? lesson.Diverging() : new Untargeted(lesson.Y, Losses.CrossEntropy);

    private Tensor LossOn(Lesson lesson, Tensor adversarial, Strategy strategy, Pass pass)
    {
        var clean = Trades ? lesson.Logits(lesson.X, pass) : null;
        var attacked = lesson.Logits(adversarial, pass);
        lesson.SawAdversarial(attacked, lesson.Y);
        if (clean is null) return Lesson.CrossEntropy(attacked, lesson.Y, _options.TrueLabel);
        lesson.SawClean(clean, lesson.Y);
        var natural = Lesson.CrossEntropy(clean, lesson.Y, _options.TrueLabel);
        var kl = (Losses.Kl(attacked, clean.log_softmax(1)) * strategy.Beta!.to(attacked.dtype)).mean();
        lesson.Note("loss.nat", natural);
        lesson.Note("loss.kl", kl);
        return natural + kl;
    }

    private void Teach(Lesson lesson)
    {
        using var scope = Scope.Enter();
        var draws = lesson.Draws.In("policy");
        var logits = _policy.Logits(lesson, lesson.TrainingPass with { Draws = draws });
        Tensor[] chosen = [.. logits.Select((z, k) => StrategyPolicy.Sample(z, draws.In(_options.Decisions()[k].Name)))];
        var strategy = new Strategy(k => _policy.Values(k, chosen[k]), Trades);
        var images = AttackBy(strategy).Craft(lesson.Victim(Pass.Eval), lesson.X, Goal(lesson), draws.In("attack"), lesson.Observer).X;
        var reward = Reward(lesson, images, strategy, draws);
        var before = _baseline.item<double>();
        _policy.Learn(logits, chosen, _options.BaselineDecay is null || double.IsNaN(before) ? reward : reward - before);
        using var off = NoGrad.Enter();
        if (_options.BaselineDecay is { } decay) _baseline.fill_(double.IsNaN(before) ? reward : (decay * before) + ((1 - decay) * reward));
    }

    private double Reward(Lesson lesson, Tensor images, Strategy strategy, Draws draws)
    {
        double loss;
        using (NoGrad.Enter()) loss = Lesson.CrossEntropy(lesson.Logits(images, Pass.Eval), lesson.Y).item<double>();
        var (robust, clean) = Trial(lesson, images, strategy, draws);
        return Math.Min(loss, LargestLoss) + (_options.RobustReward * robust) + (_options.CleanReward * clean);
    }

    // Accuracies on the batch after one step of the network that is taken back, running statistics too.
    private (double Robust, double Clean) Trial(Lesson lesson, Tensor images, Strategy strategy, Draws draws)
    {
        var (network, tally) = (lesson.Network, lesson.Tally);
        var before = network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        try
        {
            var weights = network.Parameters.Select(p => p.Slot.Value).ToArray();
            var gradients = Grad.Of([LossOn(lesson, images, strategy, lesson.TrainingPass with { Draws = draws })], weights, allowUnused: true);
            using (NoGrad.Enter())
                for (var k = 0; k < weights.Length; k++) weights[k].sub_(gradients[k].add_(weights[k], _options.TrialWeightDecay), lesson.Lr(0));
            var outcome = _judge.Run(lesson.Victim(Pass.Eval), lesson.X, lesson.Y, draws.In("judge"), observer: lesson.Observer);
            double n = lesson.Y.shape[0];
            var robust = outcome.Success.logical_or(outcome.Error).logical_not().sum().item<long>();
            return (robust / n, outcome.LabelBefore.eq(lesson.Y).sum().item<long>() / n);
        }
        finally
        {
            network.Load(before);
            lesson.Recount(tally);
        }
    }

    // What was chosen for each image of a batch, N each.
    private sealed record Strategy(Tensor Eps, Tensor Steps, Tensor StepSize, Tensor? Beta)
    {
        public Strategy(Func<int, Tensor> of, bool trades)
            : this(of(0), of(1).to(DType.Int64), of(2), trades ? of(3) : null)
        {
        }
    }
}

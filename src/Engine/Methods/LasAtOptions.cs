using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

/// <summary>What LAS-AT trains on the images that its policy makes.</summary>
public enum LasLoss
{
    /// <summary>Cross-entropy with smoothed labels (LAS-PGD-AT, LAS-AWP).</summary>
    Ce,

    /// <summary>The loss of TRADES, with a weight that the policy chooses (LAS-TRADES).</summary>
    Trades,
}

[Kind("las-at", "LAS-AT", "A second network learns how strong each image's attack should be.",
    Group = "Adversarial training", Source = "Jia et al. 2022", Link = "https://arxiv.org/abs/2203.06616")]
public sealed record LasAtOptions : MethodOptions
{
    [Description("The loss that is trained: ce or trades.")]
    public LasLoss Loss { get; init; } = LasLoss.Ce;

    [Range(1, 255), Unit("/255"), Description("Smallest radius that the policy may choose.")]
    public int EpsFrom { get; init; } = 3;

    [Range(1, 255), Unit("/255"), Description("Largest radius that the policy may choose.")]
    public int EpsTo { get; init; } = 15;

    [Range(1, 1000), Unit("steps"), Description("Fewest attack steps that the policy may choose.")]
    public int StepsFrom { get; init; } = 3;

    [Range(1, 1000), Unit("steps"), Description("Most attack steps that the policy may choose.")]
    public int StepsTo { get; init; } = 14;

    [Range(1, 255), Unit("/255"), Description("Shortest step that the policy may choose.")]
    public int StepSizeFrom { get; init; } = 1;

    [Range(1, 255), Unit("/255"), Description("Longest step that the policy may choose.")]
    public int StepSizeTo { get; init; } = 5;

    [Range(0, 100), Advanced, Description("Smallest weight of the change of the prediction that the policy may choose (trades).")]
    public int BetaFrom { get; init; } = 5;

    [Range(0, 100), Advanced, Description("Largest weight of the change of the prediction that the policy may choose (trades).")]
    public int BetaTo { get; init; } = 9;

    [Advanced, Description("Radius of the random start, whatever radius is chosen (ce; trades starts beside the image).")]
    public Budget StartEps { get; init; } = Budget.Of255(8);

    [Range(0.01, 1.0), Advanced, Description("Probability of the true class in the smoothed labels; 1: plain labels.")]
    public double TrueLabel { get; init; } = 0.7;

    [Description("The policy's network; it is not part of the model.")]
    public ArchitectureOptions Policy { get; init; } = new ResNet18Options();

    [Range(1, 100_000), Unit("batches"), Advanced, Description("Batches between two lessons of the policy.")]
    public int PolicyEvery { get; init; } = 20;

    [Range(0.0, 10.0), Advanced, Description("Learning rate of the policy; it has no schedule.")]
    public double PolicyLr { get; init; } = 1e-4;

    [Range(0.0, 0.9999), Advanced, Description("Momentum of the policy.")]
    public double PolicyMomentum { get; init; }

    [Advanced, Description("Attack whose failures after a trial step the policy is rewarded for.")]
    public AttackOptions Judge { get; init; } = new PgdOptions { Restarts = 2 };

    [Range(0.0, 100.0), Advanced, Description("Weight of the robust accuracy in the reward.")]
    public double RobustReward { get; init; } = 4;

    [Range(0.0, 100.0), Advanced, Description("Weight of the clean accuracy in the reward.")]
    public double CleanReward { get; init; } = 2;

    [Range(0.0, 1.0), Advanced, Description("Weight decay of the trial step.")]
    public double TrialWeightDecay { get; init; } = 5e-4;

    [Range(0.0, 0.9999), Advanced, Description("Decay of a moving average of the rewards that is taken off each; absent: none, as in the released code.")]
    public double? BaselineDecay { get; init; }

    [Range(0.0, 1.0), Description("Adversarial weight perturbation relative to the weights, per layer; 0: none. LAS-AWP: 0.01.")]
    public double Gamma { get; init; }

    [Range(1, 10_000), Unit("epochs"), Advanced, Description("First epoch with perturbed weights.")]
    public int StartEpoch { get; init; } = 1;

    public override IEnumerable<Finding> Check()
    {
        foreach (var (name, from, to) in new[] { ("eps", EpsFrom, EpsTo), ("steps", StepsFrom, StepsTo), ("stepSize", StepSizeFrom, StepSizeTo), ("beta", BetaFrom, BetaTo) })
            if (from > to) yield return new($"{name}From", $"must be <= {name}To ({to}); got {from}");
    }

    /// <summary>For a policy that chooses evenly; the policy's own passes come on top.</summary>
    public override Effort Effort(ArchitectureOptions model) => OneStep(Gamma > 0) + (Lesson() * (1.0 / PolicyEvery));

    public override Method Build(Network network, IReadOnlyList<long> batch) => new LasAt(this, network);

    // Its attack and its loss; every image leaves the attack after its own number of steps.
    private Effort OneStep(bool perturbed) =>
        (Loss == LasLoss.Trades ? InnerLoss.Trades : InnerLoss.Ce).Effort(new PgdOptions { Steps = 0 }, perturbed) + new Effort(Climb: (StepsFrom + StepsTo) / 2.0);

    // The policy's lesson: a step of its own that is taken back, the reward's loss, the judge on every image.
    private Effort Lesson() => OneStep(perturbed: false) + Judge.Effort() + new Effort(Look: 2);

    /// <summary>What the policy decides: eps, steps, stepSize and, with TRADES, beta.</summary>
    internal IReadOnlyList<Decision> Decisions()
    {
        Decision Of(string name, int from, int to, double unit = 1) => new(name, [.. Enumerable.Range(from, to - from + 1).Select(v => v / unit)]);
        List<Decision> all = [Of("eps", EpsFrom, EpsTo, 255), Of("steps", StepsFrom, StepsTo), Of("stepSize", StepSizeFrom, StepSizeTo, 255)];
        if (Loss == LasLoss.Trades) all.Add(Of("beta", BetaFrom, BetaTo));
        return all;
    }
}

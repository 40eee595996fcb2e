using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>Which of an architecture's places have an attribution point.</summary>
public enum AttributionPlaces
{
    /// <summary>The last two (the released code).</summary>
    Both,

    /// <summary>The last one (the poster).</summary>
    Last,
}

internal static class AttributionPlacesCount
{
    /// <summary>How many heads that makes.</summary>
    public static int Heads(this AttributionPlaces places) => places == AttributionPlaces.Both ? 2 : 1;
}

[Kind("again", "AGAIN", "Spreads a decision over more of the feature map: channels are re-weighted by rows of a helper head. Judge it by the worst of several attacks: main-head attacks alone overstate it.",
    Group = "Adversarial training", Source = "Yin et al. 2023 (poster and released code)")]
public sealed record AgainOptions : AdversarialOptions
{
    public AgainOptions() => Attack = new PgdOptions { Start = Start.Gauss };

    [Description("The loss of every head: ce, trades or mart.")]
    public InnerLoss Loss { get; init; } = InnerLoss.Ce;

    [Range(0.0, 100.0), Description("Weight of the change of the prediction (trades, mart).")]
    public double Beta { get; init; } = 5;

    [Description("Where channels are re-weighted: both (the last two places of the network) or last.")]
    public AttributionPlaces Points { get; init; } = AttributionPlaces.Both;

    [Range(0.0, 1.0), Description("Weight of the true class's channels in training; the second class has the rest.")]
    public double Alpha { get; init; } = 0.6;

    [Description("Hybrid feature fusion: before the first point, mix each map's statistics with those of another sample's. Training only.")]
    public bool Fusion { get; init; } = true;

    // Left out where absent: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Advanced, Description("Whose statistics fusion mixes in: second-class (the sample whose label is the second class), other (another sample, by a permutation of its own) or clean (the same sample before the attack; with ce that takes another pass). Absent: second-class.")]
    public FusionPartner? FusedWith { get; init; }

    [Advanced, Description("The second class: permutation (a label of the batch) or runner-up (the head's best other class).")]
    public SecondClass SecondClass { get; init; } = SecondClass.Permutation;

    [Range(0.0, 100.0), Advanced, Description("Weight of each helper head's loss; the main head has 1.")]
    public double AuxWeight { get; init; } = 1;

    [Range(0.0, 1.0), Description("Adversarial weight perturbation relative to the weights, per layer; 0: none. AGAIN-AWP: 0.005.")]
    public double Gamma { get; init; }

    [Range(1, 10_000), Unit("epochs"), Advanced, Description("First epoch with perturbed weights.")]
    public int StartEpoch { get; init; } = 10;

    public override int HeadsNeeded() => Points.Heads();

    public override Softness TakesLabels() => Loss == InnerLoss.Mart ? Softness.Hard : Softness.Smoothed;

    /// <summary>The clean features that cross-entropy does not pass anyway.</summary>
    internal bool PassesForFusion => Fusion && FusedWith == FusionPartner.Clean && Loss == InnerLoss.Ce;

    public override Effort Effort(ArchitectureOptions model) =>
        Loss.Effort(Attack, perturbed: Gamma > 0) + new Effort(Learn: PassesForFusion ? Gamma > 0 ? 2 : 1 : 0);

    public override Method Build(Network network, IReadOnlyList<long> batch)
    {
        var again = new Again(this, network, batch);
        return Gamma > 0 ? new Awp(again, Gamma, StartEpoch) : again;
    }
}

/// <summary>
/// L(main) + sum over heads j of L(z_j) on images that raise the same sum by predicted masks; training masks are alpha W[y] + (1 - alpha) W[y']
/// and the first point sees fused maps (Yin et al. 2023). With alpha 1 and no fusion this is channel-wise activation suppressing. Clean
/// and attacked images of a batch share permutation and fusion weights, so that a divergence measures the attack alone. Nothing is
/// detached: fused with clean maps, the loss trains what makes these too.
/// </summary>
public sealed class Again : AdversarialMethod
{
    private readonly AgainOptions _options;
    private readonly Masking.Labelled _masking;

    /// <param name="options">Checked.</param>
    /// <param name="network">Has the attribution points that the options need.</param>
    /// <param name="batch">Shape of the batches, N x C x H x W.</param>
    /// <exception cref="ArgumentException">The maps are too small to be fused.</exception>
    public Again(AgainOptions options, Network network, IReadOnlyList<long> batch)
        : base(options)
    {
        (_options, _masking) = (options, new Masking.Labelled(options.Alpha, options.Fusion, options.SecondClass)
        {
            Partner = options.FusedWith ?? FusionPartner.SecondClass,
        });
        Rehearse(network, batch, new Pass { Train = true, Masking = _masking with { Partner = FusionPartner.SecondClass } });
    }

    public override Tensor Craft(Lesson lesson)
    {
        var pass = _options.AttackPass();
        Goal[] goals;
        using (NoGrad.Enter())
            goals = _options.Loss == InnerLoss.Trades
                ? [.. lesson.Heads(lesson.X, Pass.Eval).Select(z => new Diverging(lesson.Y, z.log_softmax(1)))]
                : [.. Enumerable.Repeat(new Untargeted(lesson.Y, Losses.CrossEntropy), 1 + _options.HeadsNeeded())];
        double[] weights = [1, .. Enumerable.Repeat(_options.AuxWeight, _options.HeadsNeeded())];
        return lesson.Craft(Attack, new Joint(goals, weights), new Victim(x => Ops.cat(lesson.Heads(x, pass), 1)));
    }

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        pass = pass with { Masking = _masking };
        var (clean, attacked) = _options.Fusion && _masking.Partner == FusionPartner.Clean ? FusedWithClean(lesson, adversarial, pass)
            : (_options.Loss == InnerLoss.Ce ? null : lesson.Heads(lesson.X, pass), lesson.Heads(adversarial, pass));
        // The main head reads the label off its mask in training; the first helper head sees no label.
        if (clean is not null) lesson.SawClean(clean[1], lesson.Y);
        lesson.SawAdversarial(attacked[1], lesson.Y);
        Tensor? total = null;
        for (var k = 0; k < attacked.Length; k++)
        {
            var loss = Of(lesson, k, clean, attacked);
            lesson.Note(k == 0 ? "loss.main" : $"loss.aux.{k - 1}", loss);
            total = total is null ? loss : total + (loss * _options.AuxWeight);
        }
        return total!;
    }

    // A clean map has its own statistics already. Where only they are wanted, the pass moves no running statistics.
    private (Tensor[]? Clean, Tensor[] Attacked) FusedWithClean(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var own = pass with { Masking = _masking with { Fuse = false }, Asides = new Asides() };
        if (_options.PassesForFusion) own = own with { Stats = StatsMode.Batch };
        var logits = lesson.Logits(lesson.X, own);
        var clean = _options.PassesForFusion ? null : own.Asides.Of("aux.").Select(z => z.to(logits.dtype)).Prepend(logits).ToArray();
        return (clean, lesson.Heads(adversarial, pass with { Masking = _masking with { CleanMap = own.Asides.Of("map.0")[0] } }));
    }

    // The loss of one head; its parts are told for the main one.
    private Tensor Of(Lesson lesson, int head, Tensor[]? clean, Tensor[] attacked)
    {
        if (clean is null) return lesson.CrossEntropy(attacked[head]);
        var mart = _options.Loss == InnerLoss.Mart;
        var (first, kl) = mart
            ? (Mart.BoostedCrossEntropy(attacked[head], lesson.Y).mean(), Mart.WeightedKl(clean[head], attacked[head], lesson.Y, judge: clean[0]).mean())
            : Trades.Parts(lesson, clean[head], attacked[head]);
        if (head == 0)
        {
            lesson.Note(mart ? "loss.bce" : "loss.nat", first);
            lesson.Note("loss.kl", kl);
        }
        return first + (kl * _options.Beta);
    }
}

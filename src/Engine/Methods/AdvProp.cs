using System.ComponentModel.DataAnnotations;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Data;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>The image an attack starts from in fine-grained AdvProp.</summary>
public enum AdvSource
{
    /// <summary>The batch as it is.</summary>
    Basic,

    /// <summary>The strongly augmented view.</summary>
    Aug,
}

[Kind("advprop", "AdvProp", "Clean and attacked images through batch norms of their own: attacks as augmentation, for clean accuracy.",
    Group = "Clean accuracy", Source = "Xie et al. 2020", Link = "https://arxiv.org/abs/1911.09665")]
public sealed record AdvPropOptions : MixingOptions
{
    [Range(2, 3), Unit("banks"), Description("2: clean and attacked. 3 (fine-grained): clean, strongly augmented, attacked; moreViews adds one each.")]
    public int Banks { get; init; } = 2;

    [Description("Augmentations of the second view, after those of the data (3 banks).")]
    public IReadOnlyList<AugmentationOptions> View { get; init; } = [new AutoAugmentOptions()];

    [Advanced, Description("Further sources: each of these augmentations makes another view of the batch, with a bank of its own (3 banks).")]
    public IReadOnlyList<AugmentationOptions> MoreViews { get; init; } = [];

    [Advanced, Description("What is attacked with 3 banks: basic (the batch) or aug (the augmented view).")]
    public AdvSource AdvSource { get; init; } = AdvSource.Basic;

    [Range(0.0, 100.0), Advanced, Description("Weight of the cross-entropy on each augmented view (3 banks).")]
    public double ViewWeight { get; init; } = 0.5;

    [Advanced, Description("Pass clean, augmented and attacked images one after the other: the same result up to rounding, for a fraction of the memory.")]
    public bool Accumulate { get; init; }

    [Advanced, Description("Divide the gradient of each bank's affine parameters by the weight of its loss.")]
    public bool BnGradRescale { get; init; }

    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Ablation: the banks keep statistics of their own but have one scale and shift.")]
    public bool ShareAffine { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Ablation: the banks keep scales and shifts of their own but have one set of statistics, of the batch as a whole. With shareAffine nothing is left of the banks: mixed training in a joint batch.")]
    public bool ShareStats { get; init; }

    public override IEnumerable<Finding> Check()
    {
        if (ShareStats && Accumulate) yield return new("accumulate", "must be off with shareStats, whose statistics are of all images together");
        if (BnGradRescale && Weights.Contains(0))
            yield return new("bnGradRescale", "needs weights above 0");
        if (Banks == 2 && MoreViews.Count > 0) yield return new("moreViews", $"got {MoreViews.Count}, which need banks 3; got banks 2");
    }

    /// <summary>Of the loss through each bank.</summary>
    internal double[] Weights => [CleanWeight, .. Enumerable.Repeat(ViewWeight, BanksNeeded() - 2), AdversarialWeight];

    public override int BanksNeeded() => Banks + MoreViews.Count;

    public override (bool Affine, bool Stats) SharedByBanks() => (ShareAffine, ShareStats);

    public override Softness TakesLabels() => Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => Attack.Effort() + new Effort(Learn: BanksNeeded());

    public override Method Build(Network network, IReadOnlyList<long> batch) => new AdvProp(this, network);
}

/// <summary>
/// a CE(f(x; bank 0), y) + b CE(f(x'; last bank), y), x' crafted through the last bank; convolutions are shared (Xie et al. 2020, eq. 3).
/// Fine-grained: + c CE(f(x_j; bank j), y) for every further view x_j (section 5.2).
/// </summary>
public sealed partial class AdvProp(AdvPropOptions options, Network network) : Method
{
    private readonly MixingAttack _attack = new(options);
    private readonly IReadOnlyDictionary<string, int> _bankOf = BanksOf(network);
    private readonly double[] _weights = options.Weights;

    /// <summary>The bank of every parameter that belongs to one; the others are shared.</summary>
    internal static IReadOnlyDictionary<string, int> BanksOf(Network network)
    {
        var names = network.Parameters.Select(p => p.Name).ToHashSet();
        return names.Select(name => (name, Bank: BankOf(name, names))).Where(p => p.Bank is not null).ToDictionary(p => p.name, p => p.Bank!.Value);
    }

    public override void Step(Lesson lesson)
    {
        var (images, sum) = (Images(lesson), new GradientSum(lesson));
        if (options.Accumulate) Accumulate(lesson, images, sum);
        else
        {
            var logits = lesson.Together(images, Route.Chunks([.. images.Select(_ => (int)lesson.Y.shape[0])]));
            lesson.SawClean(logits[0], lesson.Y);
            lesson.SawAdversarial(logits[^1], lesson.Y);
            sum.Add(lesson.Weighted([.. logits.Select((z, bank) => (NameOf(bank), z, _weights[bank]))]));
        }
        var gradients = sum.Close();
        if (options.BnGradRescale) Rescale(lesson, gradients);
        lesson.Apply(gradients);
    }

    // The images of each bank.
    private Tensor[] Images(Lesson lesson)
    {
        var views = Views(lesson);
        var centre = views.Length > 0 && options.AdvSource == AdvSource.Aug ? views[0] : lesson.X;
        return [lesson.X, .. views, _attack.Craft(lesson, views.Length + 1, centre)];
    }

    // The batch once more for each source beside clean and attacked images; crop and flip are shared.
    private Tensor[] Views(Lesson lesson)
    {
        if (options.Banks == 2) return [];
        IReadOnlyList<AugmentationOptions>[] sources = [options.View, .. options.MoreViews.Select(v => new[] { v })];
        return [.. sources.Select((all, k) => lesson.Draws.Composed(k == 0 ? "view" : $"view{k}", d => AugmentationOptions.ApplyAll(all, lesson.X, d)))];
    }

    private void Accumulate(Lesson lesson, Tensor[] images, GradientSum sum)
    {
        for (var bank = 0; bank < images.Length; bank++)
        {
            using var scope = Scope.Enter();
            var logits = lesson.Logits(images[bank], lesson.TrainingPass with { Route = Route.One(bank) });
            if (bank == 0) lesson.SawClean(logits, lesson.Y);
            if (bank == images.Length - 1) lesson.SawAdversarial(logits, lesson.Y);
            sum.Add(lesson.Weighted([(NameOf(bank), logits, _weights[bank])]));
        }
    }

    private string NameOf(int bank) => bank == 0 ? "clean" : bank == _weights.Length - 1 ? "adv" : bank == 1 ? "aug" : $"aug.{bank - 1}";

    private void Rescale(Lesson lesson, Tensor[] gradients)
    {
        using var off = NoGrad.Enter();
        for (var k = 0; k < gradients.Length; k++)
            if (_bankOf.TryGetValue(lesson.Optimizer.Parameters[k].Name, out var bank)) gradients[k].div_(_weights[bank]);
    }

    // "bn1.aux_bn.0.weight" belongs to bank 1; "bn1.weight" to bank 0 where bank 1 exists; anything else is shared.
    private static int? BankOf(string name, HashSet<string> names)
    {
        if (Auxiliary().Match(name) is { Success: true } match) return 1 + int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var dot = name.LastIndexOf('.');
        return names.Contains($"{name[..dot]}.aux_bn.0{name[dot..]}") ? 0 : null;
    }

    [GeneratedRegex(@"\.aux_bn\.([0-9]+)\.")]
    private static partial Regex Auxiliary();
}

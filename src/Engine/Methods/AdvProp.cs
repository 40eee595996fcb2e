using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
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

    [Advanced, Description("Divide the gradient of each bank's affine parameters by the weight of its loss.")]
    public bool BnGradRescale { get; init; }

    public override IEnumerable<Finding> Check()
    {
        if (BnGradRescale && (CleanWeight == 0 || AdversarialWeight == 0 || (Banks == 3 && ViewWeight == 0)))
            yield return new("bnGradRescale", "needs weights above 0");
        if (Banks == 2 && MoreViews.Count > 0) yield return new("moreViews", $"got {MoreViews.Count}, which need banks 3; got banks 2");
    }

    public override int BanksNeeded() => Banks + MoreViews.Count;

    public override Softness TakesLabels() => Softness.Mixed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new AdvProp(this, network);
}

/// <summary>
/// a CE(f(x; bank 0), y) + b CE(f(x'; last bank), y), x' crafted through the last bank; convolutions are shared (Xie et al. 2020, eq. 3).
/// Fine-grained: + c CE(f(x_j; bank j), y) for every further view x_j (section 5.2).
/// </summary>
public sealed partial class AdvProp : Method
{
    private readonly AdvPropOptions _options;
    private readonly Attack _attack;
    private readonly IReadOnlyDictionary<string, int> _bankOf;

    public AdvProp(AdvPropOptions options, Network network)
    {
        (_options, _attack, _bankOf) = (options, options.Attack.Build(), BanksOf(network));
    }

    /// <summary>The bank of every parameter that belongs to one; the others are shared.</summary>
    internal static IReadOnlyDictionary<string, int> BanksOf(Network network)
    {
        var names = network.Parameters.Select(p => p.Name).ToHashSet();
        return names.Select(name => (name, Bank: BankOf(name, names))).Where(p => p.Bank is not null).ToDictionary(p => p.name, p => p.Bank!.Value);
    }

    public override void Step(Lesson lesson)
    {
        var gradients = lesson.Gradients(Loss(lesson));
        if (_options.BnGradRescale) Rescale(lesson, gradients);
        lesson.Apply(gradients);
    }

    protected override Tensor Loss(Lesson lesson)
    {
        var (views, y) = (Views(lesson), lesson.Y);
        var centre = views.Length > 0 && _options.AdvSource == AdvSource.Aug ? views[0] : lesson.X;
        var adversarial = lesson.Craft(_attack, _options.Goal(lesson), _options.AttackPass(_options.BanksNeeded() - 1), centre);
        Tensor[] sources = [lesson.X, .. views, adversarial];
        var logits = lesson.Together(sources, Route.Chunks([.. sources.Select(s => (int)s.shape[0])]));
        lesson.SawClean(logits[0], y);
        lesson.SawAdversarial(logits[^1], y);
        return lesson.Weighted(
        [
            ("clean", logits[0], _options.CleanWeight),
            .. views.Select((_, k) => (k == 0 ? "aug" : $"aug.{k}", logits[k + 1], _options.ViewWeight)),
            ("adv", logits[^1], _options.AdversarialWeight),
        ]);
    }

    // The batch once more for each source beside clean and attacked images; crop and flip are shared.
    private Tensor[] Views(Lesson lesson)
    {
        if (_options.Banks == 2) return [];
        IReadOnlyList<AugmentationOptions>[] sources = [_options.View, .. _options.MoreViews.Select(v => new[] { v })];
        return [.. sources.Select((all, k) => lesson.Draws.Composed(k == 0 ? "view" : $"view{k}", d => AugmentationOptions.ApplyAll(all, lesson.X, d)))];
    }

    private void Rescale(Lesson lesson, Tensor[] gradients)
    {
        using var off = NoGrad.Enter();
        double[] weights = [_options.CleanWeight, .. Enumerable.Repeat(_options.ViewWeight, _options.BanksNeeded() - 2), _options.AdversarialWeight];
        for (var k = 0; k < gradients.Length; k++)
            if (_bankOf.TryGetValue(lesson.Optimizer.Parameters[k].Name, out var bank)) gradients[k].div_(weights[bank]);
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

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
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
    [Range(2, 3), Unit("banks"), Description("2: clean and attacked. 3 (fine-grained): clean, strongly augmented, attacked.")]
    public int Banks { get; init; } = 2;

    [Description("Further augmentations of the second view (3 banks).")]
    public IReadOnlyList<AugmentationOptions> View { get; init; } = [];

    [Advanced, Description("What is attacked with 3 banks: basic (the batch) or aug (the augmented view).")]
    public AdvSource AdvSource { get; init; } = AdvSource.Basic;

    [Range(0.0, 100.0), Advanced, Description("Weight of the cross-entropy on the augmented view (3 banks).")]
    public double ViewWeight { get; init; } = 0.5;

    [Advanced, Description("Divide the gradient of each bank's affine parameters by the weight of its loss.")]
    public bool BnGradRescale { get; init; }

    public override IEnumerable<Finding> Check()
    {
        if (BnGradRescale && (CleanWeight == 0 || AdversarialWeight == 0 || (Banks == 3 && ViewWeight == 0)))
            yield return new("bnGradRescale", "needs weights above 0");
    }

    public override int BanksNeeded() => Banks;

    public override Softness TakesLabels() => Softness.Mixed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new AdvProp(this, network);
}

/// <summary>a CE(f(x; bank 0), y) + b CE(f(x'; last bank), y), x' crafted through the last bank; convolutions are shared (Xie et al. 2020, eq. 3).</summary>
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
        var (fine, y) = (_options.Banks == 3, lesson.Y);
        var view = fine ? lesson.Draws.Composed("view", d => AugmentationOptions.ApplyAll(_options.View, lesson.X, d)) : lesson.X;
        var centre = fine && _options.AdvSource == AdvSource.Aug ? view : lesson.X;
        var adversarial = lesson.Craft(_attack, _options.Goal(lesson), _options.AttackPass(_options.Banks - 1), centre);
        var n = (int)y.shape[0];
        var logits = fine ? lesson.Together([lesson.X, view, adversarial], Route.Chunks(n, n, n))
            : lesson.Together([lesson.X, adversarial], Route.Chunks(n, n));
        lesson.SawClean(logits[0], y);
        lesson.SawAdversarial(logits[^1], y);
        var (clean, attacked) = (("clean", logits[0], _options.CleanWeight), ("adv", logits[^1], _options.AdversarialWeight));
        return lesson.Weighted(fine ? [clean, ("aug", logits[1], _options.ViewWeight), attacked] : [clean, attacked]);
    }

    private void Rescale(Lesson lesson, Tensor[] gradients)
    {
        using var off = NoGrad.Enter();
        double[] weights = _options.Banks == 3 ? [_options.CleanWeight, _options.ViewWeight, _options.AdversarialWeight]
            : [_options.CleanWeight, _options.AdversarialWeight];
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

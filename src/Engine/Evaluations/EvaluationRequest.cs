using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Lint;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Evaluations;

/// <summary>What <c>request.json</c> of an evaluation says.</summary>
public sealed record EvaluationRequest : SubjectRequest
{
    [Description("Attacks in order. The parts of an ensemble are run one after the other.")]
    public IReadOnlyList<AttackOptions> Attacks { get; init; } = [];

    [Description("cascade: each attack on the images that the ones before left unbroken, for the worst case at the least cost; individual: each on all that are classified correctly, to see which attack breaks what.")]
    public EvaluationMode Mode { get; init; } = EvaluationMode.Cascade;

    [Description("Common corruptions, each at every severity on all images: names such as fog, families (noise, blur, weather, digital), or test, held-out, all.")]
    public IReadOnlyList<string> Corruptions { get; init; } = [];

    [Range(1, 5), Advanced, Description("Severities of the corruptions.")]
    public IReadOnlyList<int> Severities { get; init; } = [1, 2, 3, 4, 5];

    [Description("What mean corruption error is measured against: alexnet (its published errors on ImageNet-C), or another evaluation with the same severities: on the server its id, in a job its folder; absent: the plain mean alone.")]
    public string? CorruptionBaseline { get; init; }

    [Description("Radii of a curve of accuracy over the radius, ascending, such as 0, 1/255, 2/255; the first that takes an image is searched by halving, after the battery. Empty: no curve.")]
    public IReadOnlyList<Budget> Curve { get; init; } = [];

    [Description("Attack of the curve, within a radius. The radius becomes each of the curve's, and steps keep their share of it: a quarter by default.")]
    public AttackOptions CurveAttack { get; init; } = new PgdOptions { Steps = 20 };

    [Advanced, Description("Precision of the search: fp32, or bf16, where every success is confirmed in fp32 (a weaker attack). Accuracy is always counted in fp32.")]
    public Precision Precision { get; init; } = Precision.Fp32;

    [Range(0, 4096), Advanced, Unit("images"), Description("Images on which the evaluation checks itself in the end, for signs that its figure should not be believed; 0: none.")]
    public int LintImages { get; init; } = LintChecks.Images;

    [Range(0, 1 << 20), Advanced, Unit("MiB"), Description("Room for adversarial images; the first ones found are kept, in full precision.")]
    public int KeepImages { get; init; } = 256;

    [Range(0.0, 1.0), Advanced, Description("Networks with fused batch norm (AFA): weight of the adversarial bank in every layer, from 0 (standard) to 1 (adversarial); absent: predicted per image.")]
    public double? BankWeight { get; init; }

    /// <summary>The attacks one by one, those of ensembles too.</summary>
    public IReadOnlyList<EvaluationStage> Stages() => EvaluationStage.Of(Attacks);

    public override IEnumerable<Finding> Check()
    {
        foreach (var (k, name) in Corruptions.Index())
            if (CorruptionNames.Complaint(name) is { } complaint) yield return new Finding($"corruptions[{k}]", complaint);
        if (Corruptions.Count > 0 && Severities.Count == 0) yield return new Finding("severities", "is empty; wanted some of 1 to 5");
        if (Severities.Distinct().Count() < Severities.Count) yield return new Finding("severities", "has one twice");
        foreach (var finding in RadiusCurve.Check(Curve, CurveAttack)) yield return finding;
    }
}

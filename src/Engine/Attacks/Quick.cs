using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>
/// A short ensemble in order of what each part breaks for its cost: the margin loss first, then what Auto-PGD adds on cross-entropy and on
/// the likeliest wrong classes, each on what the ones before left unbroken. What it leaves is an upper bound of robust accuracy.
/// </summary>
[Kind("quick", "Quick ensemble", "CW-inf, then short APGD and APGD-T on what is left: a quick upper bound of robust accuracy for a few per cent of AutoAttack's passes.", Group = "Ensembles",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record QuickOptions : EnsembleOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Range(1, 10_000), Unit("steps"), Description("Steps of each search.")]
    public int Steps { get; init; } = 20;

    [Range(1, 999), Description("Target classes of APGD-T, the likeliest first; the network needs at least 4 classes.")]
    public int Targets { get; init; } = 3;

    protected override Norm Measure => Norm;

    public override (string Title, string Short) Names() => ("quick ensemble", "quick");

    public override IReadOnlyList<AttackOptions> Parts()
    {
        // The hinge of CW-inf has the gradient of the margin until it is far beyond it; its usual step is a quarter of the radius.
        var step = Budget.Parse((Eps.Value / 4).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        return
        [
            new PgdOptions { Norm = Norm, Eps = Eps, StepSize = step, Steps = Steps, Loss = AttackLoss.Margin },
            new ApgdOptions { Norm = Norm, Eps = Eps, Steps = Steps },
            new TargetedApgdOptions { Norm = Norm, Eps = Eps, Steps = Steps, Targets = Targets },
        ];
    }

    public override Attack Build() => new Cascade([.. Parts().Select(p => p.Build())]) { StopAtSuccess = StopAtSuccess };
}

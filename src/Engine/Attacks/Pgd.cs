using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Projected gradient descent (Madry et al. 2018): steps along the gradient's sign (L2: its direction; L1: its largest values), each
/// followed by the projection on the ball and on [0,1]; the last point counts. Over restarts the first success is kept, else the point
/// of largest loss.
/// </summary>
[Kind("pgd", "PGD", "Gradient steps projected on the ball: the standard attack of training and evaluation.", Group = "Iterative",
    Source = "Madry et al. 2018", Link = "https://arxiv.org/abs/1706.06083")]
public sealed record PgdOptions : SteppedOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Description("Where the search begins: at a random point of the ball (uniform), at the clean image (zero), or beside it (gauss).")]
    public Start Start { get; init; } = Start.Uniform;

    [Range(1, 1000), Description("Searches from different starts; only samples that are still unbroken are searched again.")]
    public int Restarts { get; init; } = 1;

    [Advanced, Description("What the steps climb.")]
    public AttackLoss Loss { get; init; } = AttackLoss.CrossEntropy;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public override TargetRule Target { get; init; }

    protected override Norm Measure => Norm;

    public override Effort Effort() => base.Effort() * Restarts;

    public override Attack Build() => new GradientAttack(new Ascent(Norm, Eps.Value, StepSize.Value, Steps, Start))
    {
        StopAtSuccess = StopAtSuccess,
        Restarts = Restarts,
        Loss = Loss,
        Target = Target,
    };
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Evaluations;

/// <summary>What <c>request.json</c> of an evaluation says.</summary>
public sealed record EvaluationRequest : SubjectRequest
{
    [Description("Attacks, each on every image that is classified correctly.")]
    public IReadOnlyList<AttackOptions> Attacks { get; init; } = [];

    [Advanced, Description("fp32, or bf16 autocast.")]
    public Precision Precision { get; init; } = Precision.Fp32;

    [Range(0.0, 1.0), Advanced, Description("Networks with fused batch norm (AFA): weight of the adversarial bank in every layer, from 0 (standard) to 1 (adversarial); absent: predicted per image.")]
    public double? BankWeight { get; init; }
}

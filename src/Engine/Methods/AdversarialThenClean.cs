using System.ComponentModel.DataAnnotations;
using System.ComponentModel;
using System.Text.Json.Serialization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("adversarial-then-clean", "Adversarial pre-training", "Attacked images alone first, clean images alone afterwards, one schedule for both: what AdvProp is compared with.",
    Group = "Clean accuracy", Source = "Xie et al. 2020", Link = "https://arxiv.org/abs/1911.09665")]
public sealed record AdversarialThenCleanOptions : AdversarialOptions
{
    [Range(0.0, 1.0), Description("Share of the epochs that trains on attacked images, rounded to whole epochs; the rest trains on clean ones.")]
    public double AdversarialShare { get; init; } = 0.5;

    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Let the optimiser forget its momentum when clean images begin; off: it goes on.")]
    public bool ResetOptimizer { get; init; }

    /// <summary>The last epoch of attacked images.</summary>
    public int LastAdversarial(int epochs) => (int)Math.Round(AdversarialShare * epochs, MidpointRounding.AwayFromZero);

    public override Softness TakesLabels() => Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => (Attack.Effort() * AdversarialShare) + new Effort(Learn: 1);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new AdversarialThenClean(this);
}

/// <summary>PGD training, then standard training of the same network by the same optimiser (Xie et al. 2020, section 5.2).</summary>
public sealed class AdversarialThenClean(AdversarialThenCleanOptions options) : Method
{
    private readonly PgdAt _adversarial = new(options);
    private readonly Standard _clean = new();
    private readonly Tensor? _switched = options.ResetOptimizer ? Flag() : null;

    /// <summary><c>switched</c>: 1 once clean images have begun.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State => _switched is null ? [] : [("switched", _switched)];

    public override void Step(Lesson lesson)
    {
        if (lesson.Epoch <= options.LastAdversarial(lesson.Epochs))
        {
            _adversarial.Step(lesson);
            return;
        }
        if (_switched?.item<double>() == 0)
        {
            lesson.Optimizer.Reset();
            using var off = NoGrad.Enter();
            _switched.fill_(1);
        }
        _clean.Step(lesson);
    }

    private static Tensor Flag()
    {
        using var scope = Scope.Enter();
        return Ops.zeros([], DType.Float64).Unscoped();
    }
}

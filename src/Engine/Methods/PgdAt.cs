using System.ComponentModel;
using System.Text.Json.Serialization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("pgd-at", "Adversarial training (PGD)", "Cross-entropy on images attacked by PGD: the reference defence.",
    Group = "Adversarial training", Source = "Madry et al. 2018; Rice et al. 2020", Link = "https://arxiv.org/abs/1706.06083")]
public sealed record PgdAtOptions : AdversarialOptions
{
    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("After each step pass the clean images in training mode, as the code of Rice et al. does to log their accuracy: running statistics then see clean images too. With attackBn train this is that code's batch norm.")]
    public bool CleanLogForward { get; init; }

    public override Softness TakesLabels() => Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => base.Effort(model) + new Effort(Look: CleanLogForward ? 1 : 0);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new PgdAt(this, CleanLogForward);
}

/// <summary>min E max over the ball of CE(f(x + d), y) (Madry et al. 2018, eq. 2.1).</summary>
/// <param name="options">The attack.</param>
/// <param name="cleanLogForward">Clean images pass in training mode after the step.</param>
public sealed class PgdAt(AdversarialOptions options, bool cleanLogForward = false) : AdversarialMethod(options)
{
    public override void Step(Lesson lesson)
    {
        base.Step(lesson);
        if (!cleanLogForward) return;
        using var off = NoGrad.Enter();
        lesson.SawClean(lesson.Logits(lesson.X, lesson.TrainingPass), lesson.Y);
    }

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var logits = lesson.Logits(adversarial, pass);
        lesson.SawAdversarial(logits, lesson.Y);
        return lesson.CrossEntropy(logits);
    }
}

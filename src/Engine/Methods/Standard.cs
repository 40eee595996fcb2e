using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("standard", "Standard training", "Cross-entropy on clean images: high accuracy, hardly any robustness. The baseline.", Group = "Baselines")]
public sealed record StandardOptions : MethodOptions
{
    public override Softness TakesLabels() => Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => new(Learn: 1);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Standard();
}

/// <summary>min E CE(f(x), y).</summary>
public sealed class Standard : Method
{
    protected override Tensor Loss(Lesson lesson)
    {
        var logits = lesson.Logits(lesson.X, lesson.TrainingPass);
        lesson.SawClean(logits, lesson.Y);
        return lesson.CrossEntropy(logits);
    }
}

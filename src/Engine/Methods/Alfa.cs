using System.ComponentModel;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("alfa", "ALFA", "Attacks a feature map inside the network instead of the image, for clean accuracy.",
    Group = "Clean accuracy", Source = "Chen et al. 2021 (code of CV_A-FAN)")]
public sealed record AlfaOptions : FeatureOptions
{
    [Description("Stage whose output is attacked, such as layer1 of a ResNet.")]
    public string Location { get; init; } = "layer1";

    public override Softness TakesLabels() => Softness.Smoothed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Alfa(this, network);
}

/// <summary>
/// (1 - s) CE(f(x), y) + s CE(h(z'), y) with f = h after g, z = g(x) detached and z' climbed from z. The order of passes (prefix, attack,
/// attacked suffix, clean) is that of the released code; running statistics depend on it.
/// </summary>
public sealed class Alfa(AlfaOptions options, Network network) : Method
{
    private readonly Func<Tensor, Pass, Tensor> _prefix = network.Upto(options.Location), _suffix = network.From(options.Location);

    protected override Tensor Loss(Lesson lesson)
    {
        var side = options.SidePass(lesson);
        Tensor Suffix(Tensor z) => lesson.Cast(z, x => _suffix(x, side));
        Tensor z;
        using (NoGrad.Enter()) z = lesson.Cast(lesson.X, x => _prefix(x, side));
        var attacked = options.Climb(lesson, Suffix, z, lesson.Draws);
        lesson.Note("z_adv.0", attacked);
        var adversarial = lesson.CrossEntropy(Suffix(attacked));
        var logits = lesson.Logits(lesson.X, lesson.TrainingPass);
        lesson.SawClean(logits, lesson.Y);
        var clean = lesson.CrossEntropy(logits);
        lesson.Note("loss.adv", adversarial);
        lesson.Note("loss.clean", clean);
        return (clean * (1 - options.Share)) + (adversarial * options.Share);
    }
}

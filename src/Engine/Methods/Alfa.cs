using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

[Kind("alfa", "ALFA", "Attacks a feature map inside the network instead of the image, for clean accuracy.",
    Group = "Clean accuracy", Source = "Chen et al. 2021 (code of CV_A-FAN)")]
public sealed record AlfaOptions : FeatureOptions
{
    public override Method Build(Network network, IReadOnlyList<long> batch) => new Alfa(this, network);

    protected override IReadOnlyList<string> OwnPlaces(ArchitectureOptions model) => [model.EarlyPlace()];
}

/// <summary>(1 - s) CE(f(x), y) + s CE(h(z'), y) with f = h after g, z = g(x) detached and z' climbed from z; with several places the mean over them.</summary>
public sealed class Alfa(AlfaOptions options, Network network) : Method
{
    private readonly FeaturePlaces _places = new(options, network);

    public override void Step(Lesson lesson)
    {
        var sum = new GradientSum(lesson);
        _places.Learn(lesson, sum);
        lesson.Apply(sum.Close());
    }
}

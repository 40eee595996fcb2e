using WebLab.Engine.Evaluations;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Inspections;

/// <param name="Name">As it stands in requests and findings.</param>
/// <param name="Fits">Whether the network has what the lens looks at.</param>
/// <param name="Needs">What a network needs that does not fit, in words.</param>
/// <param name="Make">A fresh lens; the folder is where pictures go.</param>
public sealed record LensKind(string Name, Func<Network, bool> Fits, string Needs, Func<Subject, InspectionRequest, string, Lens> Make);

/// <summary>Every lens: one line each.</summary>
public static class Lenses
{
    public static IReadOnlyList<LensKind> All { get; } =
    [
        new(BankLens.Name, _ => true, "", (subject, _, _) => new BankLens(subject.Network)),
        new(StatisticsLens.Name, StatisticsLens.Fits, "batch norm", (subject, request, _) => new StatisticsLens(subject.Network, request)),
        new(SpanLens.Name, _ => true, "", (subject, request, images) => new SpanLens(subject.Network, request.Examples, images)),
        new(MaskLens.Name, net => net.Shape.Heads is not null, "attribution points", (subject, _, _) => new MaskLens(subject.Network)),
        new(FeatureLens.Name, _ => true, "", (subject, request, _) => new FeatureLens(subject, request.Features ?? new())),
        new(SurfaceLens.Name, _ => true, "", (subject, request, images) => new SurfaceLens(subject.Network, request, images)),
    ];

    /// <summary>All names, for people.</summary>
    public static string Names => string.Join(", ", All.Select(l => l.Name));

    public static LensKind? Find(string name) => All.FirstOrDefault(l => l.Name == name);
}

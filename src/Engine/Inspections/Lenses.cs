using WebLab.Engine.Nets;

namespace WebLab.Engine.Inspections;

/// <param name="Name">As it stands in requests and findings.</param>
/// <param name="Fits">Whether the network has what the lens looks at.</param>
/// <param name="Needs">What a network needs that does not fit, in words.</param>
/// <param name="Make">A fresh lens; the folder is where pictures go.</param>
public sealed record LensKind(string Name, Func<Network, bool> Fits, string Needs, Func<Network, InspectionRequest, string, Lens> Make);

/// <summary>Every lens: one line each.</summary>
public static class Lenses
{
    public static IReadOnlyList<LensKind> All { get; } =
    [
        new(BankLens.Name, _ => true, "", (net, _, _) => new BankLens(net)),
        new(StatisticsLens.Name, StatisticsLens.Fits, "batch norm", (net, request, _) => new StatisticsLens(net, request)),
        new(SpanLens.Name, _ => true, "", (net, request, images) => new SpanLens(net, request.Examples, images)),
        new(MaskLens.Name, net => net.Shape.Heads is not null, "attribution points", (net, _, _) => new MaskLens(net)),
    ];

    public static LensKind? Find(string name) => All.FirstOrDefault(l => l.Name == name);
}

using WebLab.Engine.Inspections;

namespace WebLab.Web.Inspections;

/// <summary>The panel of each lens; each takes <c>Looks</c> and <c>Classes</c>.</summary>
public static class LensPanels
{
    private static readonly Dictionary<string, Type> Panels = new()
    {
        [BankLens.Name] = typeof(BankPanel),
        [StatisticsLens.Name] = typeof(StatisticsPanel),
        [SpanLens.Name] = typeof(SpanPanel),
        [MaskLens.Name] = typeof(MaskPanel),
        [FeatureLens.Name] = typeof(FeaturePanel),
        [SurfaceLens.Name] = typeof(SurfacePanel),
    };

    /// <summary>In the order of the lenses, for those that found something.</summary>
    public static IEnumerable<Type> For(InspectionResults results) =>
        Lenses.All.Where(l => results.Findings.ContainsKey(l.Name)).Select(l => Panels.GetValueOrDefault(l.Name)).OfType<Type>();
}

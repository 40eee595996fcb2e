using System.Globalization;
using WebLab.Api.Experiments;

namespace WebLab.Web.Experiments;

/// <summary>Figures over seeds as people read them.</summary>
public static class SeedFormat
{
    /// <summary>"83.1 ± 0.4 % (3)"; a single seed's value alone.</summary>
    public static string Percent(Spread? spread) => spread switch
    {
        null => "–",
        { Deviation: { } deviation } s => string.Create(CultureInfo.InvariantCulture, $"{s.Mean * 100:0.0} ± {deviation * 100:0.0} % ({s.Count})"),
        var s => Parts.Format.Percent(s.Mean),
    };

    /// <summary>What it means, for a title.</summary>
    public static string? Words(Spread? spread) => spread is { Deviation: not null } s ? $"mean ± sample standard deviation over {s.Count} seeds" : null;
}

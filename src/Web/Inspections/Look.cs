using WebLab.Engine.Inspections;
using WebLab.Web.Parts;

namespace WebLab.Web.Inspections;

/// <summary>What was found in one checkpoint, under the name that tells it from those beside it.</summary>
/// <param name="Id">Of the inspection, whose pictures lie with it.</param>
/// <param name="Name">The run's name.</param>
public sealed record Look(string Id, string Name, InspectionResults Results);

/// <summary>Several looks at once: the one the page is about, then those beside it.</summary>
public sealed record Looks(IReadOnlyList<Look> All)
{
    public Look Main => All[0];

    public bool Alone => All.Count == 1;

    /// <summary>A lens's finding in each look that has one.</summary>
    public IReadOnlyList<(Look Look, T Finding)> Of<T>(string lens)
        where T : class => [.. All.Select(l => (l, Finding: l.Results.Of<T>(lens)!)).Where(p => p.Finding is not null)];

    /// <summary>A line over given places.</summary>
    public static ChartLine Line(string name, int tone, IEnumerable<double> x, IEnumerable<double> y)
    {
        var line = new ChartLine(name, tone);
        foreach (var (a, b) in x.Zip(y)) line.Add(a, b);
        return line;
    }
}

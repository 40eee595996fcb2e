using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Cli;

/// <summary>The rows of <c>bench methods</c> as tables, between two marks of a page that people write.</summary>
internal static partial class MethodReport
{
    private const string Start = "<!-- rows: written by bench methods -->", End = "<!-- end of rows -->";

    /// <summary>Replaces what stands between the marks; a page without them gets them at its end.</summary>
    public static void Write(string page, MethodPlan plan, IReadOnlyList<MethodFigure> figures)
    {
        var text = File.Exists(page) ? File.ReadAllText(page) : "# Training methods for about the same cost\n";
        var block = $"{Start}\n\n{Rows(plan, figures)}\n{Sweeps(plan, figures)}{End}";
        text = Between().IsMatch(text) ? Between().Replace(text, _ => block) : $"{text.TrimEnd()}\n\n{block}\n";
        File.WriteAllText(page, text);
    }

    private static string Rows(MethodPlan plan, IReadOnlyList<MethodFigure> figures)
    {
        var table = new StringBuilder("| method | seeds | epochs | clean | PGD-20 | CW-inf | worst | PGD-20, main head alone | cost stated | processor seconds |\n|---|---|---:|---|---|---|---|---|---:|---:|\n");
        foreach (var row in plan.Rows)
        {
            var keys = row.Seeds.Select(s => plan.Key(row, s)).ToHashSet();
            var own = figures.Where(f => f.Sweep is null && keys.Contains(f.Key)).OrderBy(f => f.Seed).ToList();
            var cost = row.Epochs * MethodPlan.Method(row).Effort(plan.Recipe(row, 0).Model).Cost;
            if (own.Count == 0) table.Append(Line($"| {row.Name} | none yet | {row.Epochs} | | | | | | {cost:0.0} | |\n"));
            else
                table.Append(Line($"| {row.Name} | {string.Join(", ", own.Select(f => f.Seed))} | {row.Epochs} | {Of(own, f => f.Clean)} | {Of(own, f => f.Attacks[0].Robust)} | {Of(own, f => f.Attacks[1].Robust)} | {Of(own, f => f.Worst!)} | {Fronts(own)} | {cost:0.0} | {own.Average(f => f.CpuSeconds):0} |\n"));
        }
        return table.ToString();
    }

    // One seed: Wilson's interval over the images. Several: their mean, smallest and largest.
    private static string Of(List<MethodFigure> rows, Func<MethodFigure, Rated> of) => rows.Count == 1
        ? Line($"{100 * of(rows[0]).Accuracy:0.0} [{100 * of(rows[0]).Low:0.0}, {100 * of(rows[0]).High:0.0}]")
        : Line($"{100 * rows.Average(r => of(r).Accuracy):0.0} ({100 * rows.Min(r => of(r).Accuracy):0.0} to {100 * rows.Max(r => of(r).Accuracy):0.0})");

    private static string Fronts(List<MethodFigure> rows) =>
        rows.All(r => r.Attacks[0].Fronts is not null) ? Line($"{100 * rows.Average(r => r.Attacks[0].Fronts!["main"]):0.0}") : "";

    private static string Sweeps(MethodPlan plan, IReadOnlyList<MethodFigure> figures)
    {
        var known = plan.Rows.ToDictionary(r => plan.Key(r, r.Seeds[0]), r => r.Name);
        var swept = figures.Where(f => f.Sweep is not null && known.ContainsKey(f.Key)).ToList();
        if (swept.Count == 0) return "";
        var table = new StringBuilder($"Accuracy under {swept[0].Sweep} at other radii (step a quarter of the radius), %; `weight` is a fixed weight of the adversarial bank.\n\n");
        var radii = swept[0].Attacks.Select(a => a.Eps).ToList();
        table.Append($"| radius | {string.Join(" | ", radii)} |\n|---|{string.Concat(radii.Select(_ => "---:|"))}\n");
        foreach (var row in swept)
            table.Append(Line($"| {row.Name}{(row.BankWeight is { } w ? $", weight {w}" : "")} | {string.Join(" | ", row.Attacks.Select(a => Line($"{100 * a.Robust.Accuracy:0.0}")))} |\n"));
        return table.Append('\n').ToString();
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex($"{Start}.*?{End}", RegexOptions.Singleline)]
    private static partial Regex Between();
}

using WebLab.Engine.Evaluations;

namespace WebLab.Web.Evaluations;

/// <summary>Panels of the evaluation page for what only some results have; each takes <c>Id</c> and <c>Results</c>.</summary>
public static class EvaluationPanels
{
    private static readonly (Func<EvaluationResults, bool> Fits, Type Panel)[] Panels =
    [
        (r => r.Lint is not null, typeof(LintPanel)),
        (r => r.Curve is not null, typeof(CurvePanel)),
        (r => r.Corruptions is not null, typeof(CorruptionPanel)),
        (r => r.Groups is { Count: > 0 }, typeof(GroupPanel)),
    ];

    /// <summary>In their order on the page.</summary>
    public static IEnumerable<Type> For(EvaluationResults results) => Panels.Where(p => p.Fits(results)).Select(p => p.Panel);
}

using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;

namespace WebLab.Web.Runs;

/// <summary>Where a run is shown.</summary>
public static class RunLink
{
    public static string Of(RunSummary run) => run.Kind == RunKind.Evaluate ? $"evaluations/{run.Id}" : $"runs/{run.Id}";
}

using WebLab.Api.Http;

namespace WebLab.Api.Compare;

public static class CompareEndpoints
{
    public static IServiceCollection AddCompare(this IServiceCollection services) => services.AddSingleton<ComparisonService>();

    public static void MapCompare(this RouteGroupBuilder api)
    {
        var compare = api.MapGroup("/compare").WithTags("Runs");
        compare.MapGet("/", async (ComparisonService service, string runs, string? format, string? only, string? group, CancellationToken cancel) =>
        {
            if (only is not (null or "differences")) throw Refusal.Invalid("only", $"got '{only}', wanted differences, or nothing");
            if (group is not (null or "seeds")) throw Refusal.Invalid("group", $"got '{group}', wanted seeds, or nothing");
            if (format is not (null or "json" or "markdown" or "latex" or "csv")) throw Refusal.Invalid("format", $"got '{format}', wanted json, markdown, latex or csv");
            var found = await service.Compare(Ids(runs), cancel);
            var text = new ComparisonText(found, only is not null, group is not null);
            return format switch
            {
                "markdown" => Results.Text(text.Markdown(), "text/markdown"),
                "latex" => Results.Text(text.Latex(), "text/x-tex"),
                "csv" => Results.Text(text.Csv(), "text/csv"),
                _ => Results.Ok(only is null ? found : found with { Figures = [.. found.Figures.Where(f => f.Differs)], Recipe = [.. found.Recipe.Where(r => r.Differs)] }),
            };
        }).WithName("compareRuns").WithSummary("Set 2 to 20 training runs side by side, ids between commas: figures, recipes, missing ones; `only=differences`; the figures also as Markdown, LaTeX or CSV, and with `group=seeds` as mean and deviation over seeds.")
            .Produces<Comparison>().Produces<string>(contentType: "text/markdown").Produces<string>(contentType: "text/x-tex").Produces<string>(contentType: "text/csv");
        compare.MapGet("/paired", async (ComparisonService service, string runs, CancellationToken cancel) => TypedResults.Ok(await service.Verdicts(Ids(runs), cancel)))
            .WithName("compareRunsPaired").WithSummary("The first of the runs that has an evaluation against each of the others, image by image (McNemar's exact test).").Refuses(ProblemKinds.Conflict);
    }

    private static string[] Ids(string runs) => runs.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

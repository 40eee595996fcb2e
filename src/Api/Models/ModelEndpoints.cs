using WebLab.Api.Http;

namespace WebLab.Api.Models;

public static class ModelEndpoints
{
    public static void AddModels(this IServiceCollection services) => services.AddSingleton<ModelService>().AddSingleton<Leaderboard>();

    public static void MapModels(this RouteGroupBuilder api)
    {
        api.MapGet("/models", async (ModelService checkpoints, PageRequest page, string? datasetId, CancellationToken cancel) =>
            new Paged<ModelView>(await checkpoints.List(datasetId, page, cancel)))
            .WithTags("Models").WithName("listModels").WithSummary("List checkpoints that can be attacked, evaluated or downloaded.");
        api.MapGet("/leaderboard", async (Leaderboard board, string? datasetId, string? threat, bool? all, string? sort, CancellationToken cancel) =>
            TypedResults.Ok(await board.Show(new BoardQuery(datasetId, threat, all ?? false, sort), cancel)))
            .WithTags("Models").WithName("getLeaderboard").WithSummary("Completed evaluations side by side, by trusted robust accuracy.")
            .WithDescription("One figure for each checkpoint, data set and ball: of the most complete battery on the most images. Only grades A and B unless `all` is true. " +
                "`threat` is a ball as the board writes it, such as `L∞ 8/255`; `sort` is robust, clean, cost, name or createdAt, with - before it to turn it round. Ranks are what the 95 % intervals allow.");
    }
}

using WebLab.Api.Http;

namespace WebLab.Api.Models;

public static class ModelEndpoints
{
    public static void AddModels(this IServiceCollection services) => services.AddSingleton<ModelService>();

    public static void MapModels(this RouteGroupBuilder api) => api.MapGet("/models", List).WithTags("Models").WithName("listModels");

    /// <summary>List checkpoints that can be attacked, evaluated or downloaded</summary>
    /// <param name="datasetId">Only those trained on this data set.</param>
    private static async Task<Paged<ModelView>> List(string? datasetId, PageRequest page, ModelService models, CancellationToken cancel) =>
        new(await models.List(datasetId, page, cancel));
}

using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Runs;

namespace WebLab.Api.Queue;

public static class QueueEndpoints
{
    public static void MapQueue(this RouteGroupBuilder api)
    {
        var queue = api.MapGroup("/queue").WithTags("Queue");
        queue.MapGet("/", async (QueueService service, HttpContext http, CancellationToken cancel) =>
            await service.Get(cancel) is var view ? Live.Ok(http, view, view.Version) : null)
            .WithName("getQueue").WithSummary("What works, what waits, and why.");
        queue.MapPut("/", async (QueueService service, QueueOrder order, IfMatch expected, CancellationToken cancel) =>
            await service.Reorder(order, expected, cancel) is var view ? ETags.Ok(view, view.Version) : null)
            .WithName("reorderQueue").WithSummary("Put waiting runs into a new order.");
        api.MapPost("/queue:pause", async Task<NoContent> (QueueService service, CancellationToken cancel) =>
        {
            await service.Pause(cancel);
            return TypedResults.NoContent();
        }).WithTags("Queue").WithName("pauseQueue").WithSummary("Start nothing more; what works goes on.");
        api.MapPost("/queue:resume", async Task<NoContent> (QueueService service, CancellationToken cancel) =>
        {
            await service.Resume(cancel);
            return TypedResults.NoContent();
        }).WithTags("Queue").WithName("resumeQueue").WithSummary("Start what waits again.");
    }
}

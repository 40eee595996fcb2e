using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Accounts;
using WebLab.Api.Http;

namespace WebLab.Api.Webhooks;

public static class WebhookEndpoints
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<AddressGuard>();
        services.AddSingleton<WebhookBell>();
        services.AddSingleton<WebhookPost>();
        services.AddSingleton<WebhookCourier>();
        services.AddHostedService(p => p.GetRequiredService<WebhookCourier>());
        services.AddSingleton<WebhookService>();
    }

    public static void MapWebhooks(this RouteGroupBuilder api)
    {
        var hooks = api.MapGroup("/webhooks").WithTags("Webhooks").RequireAuthorization(Access.Admin);
        hooks.MapGet("", List).WithName("listWebhooks");
        hooks.MapPost("", Create).WithName("createWebhook").WithMetadata(new NotReplayableAttribute()).Refuses(ProblemKinds.Validation, ProblemKinds.Conflict);
        hooks.MapGet("/{id}", Get).WithName("getWebhook").Refuses(ProblemKinds.NotFound);
        hooks.MapPatch("/{id}", Change).WithName("changeWebhook").Refuses(ProblemKinds.Validation, ProblemKinds.NotFound);
        hooks.MapDelete("/{id}", Delete).WithName("deleteWebhook").Refuses(ProblemKinds.NotFound);
        // Routing without a Content-Type only finds an optional body when every action of the same shape has one.
        hooks.MapPost("/{id}:test", Test).WithName("testWebhook").Refuses(ProblemKinds.NotFound);
        hooks.MapPost("/{id}:rotate-secret", Rotate).WithName("rotateWebhookSecret").WithMetadata(new NotReplayableAttribute()).Refuses(ProblemKinds.NotFound);
        hooks.MapGet("/{id}/deliveries", Deliveries).WithName("listWebhookDeliveries").Refuses(ProblemKinds.NotFound);
        hooks.MapPost("/{id}/deliveries/{deliveryId}:retry", Retry).WithName("retryWebhookDelivery").Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict);
    }

    /// <summary>List webhooks</summary>
    private static async Task<Ok<IReadOnlyList<WebhookView>>> List(WebhookService hooks, CancellationToken cancel) => TypedResults.Ok(await hooks.List(cancel));

    /// <summary>Make a webhook</summary>
    /// <remarks>The answer holds the secret that signs what is sent; it is shown this once.</remarks>
    private static async Task<Created<WebhookWithSecret>> Create(WebhookRequest request, WebhookService hooks, HttpContext context, CancellationToken cancel)
    {
        var made = await hooks.Create(request, context.User.Identity?.Name, cancel);
        return TypedResults.Created($"/api/v1/webhooks/{made.Webhook.Id}", made);
    }

    /// <summary>Get a webhook</summary>
    private static async Task<Versioned<WebhookView>> Get(string id, WebhookService hooks, CancellationToken cancel)
    {
        var hook = await hooks.Get(id, cancel);
        return ETags.Ok(hook, hook.Version);
    }

    /// <summary>Change a webhook, or switch it off and on</summary>
    private static async Task<Versioned<WebhookView>> Change(string id, WebhookPatch patch, IfMatch ifMatch, WebhookService hooks, CancellationToken cancel)
    {
        var hook = await hooks.Change(id, patch, ifMatch, cancel);
        return ETags.Ok(hook, hook.Version);
    }

    /// <summary>Delete a webhook with its deliveries</summary>
    private static async Task<NoContent> Delete(string id, IfMatch ifMatch, WebhookService hooks, CancellationToken cancel)
    {
        await hooks.Delete(id, ifMatch, cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Send a test event now and say what came of it</summary>
    private static async Task<Ok<DeliveryView>> Test(string id, WebhookService hooks, CancellationToken cancel) => TypedResults.Ok(await hooks.Test(id, cancel));

    /// <summary>Replace the secret; the answer holds the new one, shown this once</summary>
    private static async Task<Ok<WebhookWithSecret>> Rotate(string id, WebhookService hooks, CancellationToken cancel) => TypedResults.Ok(await hooks.Rotate(id, cancel));

    /// <summary>List what was sent, newest first</summary>
    private static async Task<Paged<DeliveryView>> Deliveries(string id, PageRequest page, WebhookService hooks, CancellationToken cancel) => new(await hooks.Deliveries(id, page, cancel));

    /// <summary>Try a delivery again now</summary>
    private static async Task<Ok<DeliveryView>> Retry(string id, string deliveryId, WebhookService hooks, CancellationToken cancel) =>
        TypedResults.Ok(await hooks.Retry(id, deliveryId, cancel));
}

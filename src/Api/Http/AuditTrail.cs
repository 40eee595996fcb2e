using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using WebLab.Api.Accounts;
using WebLab.Api.Store;

namespace WebLab.Api.Http;

/// <summary>Marks an operation whose success leaves no entry in the audit trail, and says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NotAuditedAttribute(string because) : Attribute
{
    public string Because { get; } = because;
}

/// <summary>
/// Every operation of the API that changes something leaves an entry in the audit trail: the service's own words, what the store saw of
/// the rows, or, where neither is, the operation's name. An operation is let off only by <see cref="NotAuditedAttribute"/>.
/// </summary>
public sealed class AuditTrail(RequestDelegate next, LabStore store, Audit audit)
{
    public Task InvokeAsync(HttpContext context)
    {
        var verb = context.Request.Method;
        if (HttpMethods.IsGet(verb) || HttpMethods.IsHead(verb) || HttpMethods.IsOptions(verb) || !context.Request.Path.StartsWithSegments("/api")
            || context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<NotAuditedAttribute>() is not null)
            return next(context);
        var act = Acting.Begin(context.Actor());
        // Before the answer goes out: who has it finds the entry.
        context.Response.OnStarting(() => context.Response.StatusCode is < 200 or >= 300 || act.Noted ? Task.CompletedTask
            : store.Write(rows => audit.Add(rows, act.Actor, Action(endpoint), context.Request.Path), CancellationToken.None));
        return next(context);
    }

    private static string Action(Endpoint endpoint) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.DisplayName ?? "unnamed");
}

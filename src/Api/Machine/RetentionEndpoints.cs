using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Accounts;
using WebLab.Api.Http;

namespace WebLab.Api.Machine;

public static class RetentionEndpoints
{
    public static void MapRetention(this RouteGroupBuilder api)
    {
        var retention = api.MapGroup("/settings/retention").WithTags("System").RequireAuthorization(Access.Admin);
        retention.MapGet("", Get).WithName("getRetention");
        retention.MapPatch("", Change).WithName("changeRetention").Refuses(ProblemKinds.Validation);
        api.MapPost("/settings/retention:preview", Preview).WithTags("System").WithName("previewRetention").RequireAuthorization(Access.Admin)
            .WithMetadata(new NotAuditedAttribute("deletes and stores nothing")).Refuses(ProblemKinds.Validation);
    }

    /// <summary>What is kept, and for how long</summary>
    private static Versioned<RetentionPolicy> Get(Retention retention) => retention.Get() is var policy ? ETags.Ok(policy, policy.Version) : null!;

    /// <summary>Change what is kept</summary>
    /// <remarks>Holds from the next housekeeping on, within ten minutes.</remarks>
    private static async Task<Versioned<RetentionPolicy>> Change(RetentionPatch patch, IfMatch ifMatch, Retention retention, CancellationToken cancel)
    {
        var policy = await retention.Change(patch, ifMatch, cancel);
        return ETags.Ok(policy, policy.Version);
    }

    /// <summary>What would be deleted if it were changed so; nothing is</summary>
    private static async Task<Ok<RetentionPreview>> Preview(RetentionPatch patch, Retention retention, CancellationToken cancel) =>
        TypedResults.Ok(await retention.Preview(patch, cancel));
}

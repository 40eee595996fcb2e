using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>Who did it: a user's or key's display name and the address it came from.</summary>
public sealed record Actor(string Name, string? Address);

/// <summary>Writes what administrators may want to look up later. Entries hold names and ids, never secrets.</summary>
public sealed class Audit(TimeProvider time, Ids ids)
{
    /// <summary>Adds an entry within a change of the store, so that both are kept or neither.</summary>
    public void Add(LabContext rows, Actor actor, string action, string target, string? detail = null) => rows.Audit.Add(new AuditEntry
    {
        Id = ids.Next(),
        At = time.GetUtcNow(),
        Actor = actor.Name,
        Address = actor.Address,
        Action = action,
        Target = target,
        Detail = detail,
    });
}

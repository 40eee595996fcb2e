using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Accounts;
using WebLab.Api.Store;

namespace WebLab.Web.Parts;

/// <summary>Ends the sessions of open circuits: a cookie is looked at with every request, a circuit has none. A disabled account or a new password counts within a minute.</summary>
public sealed class SessionWatch(ILoggerFactory logs, LabStore store) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState state, CancellationToken cancel)
    {
        var id = state.User.FindFirstValue(ClaimTypes.NameIdentifier);
        await using var rows = store.Read();
        var user = await rows.Users.FirstOrDefaultAsync(u => u.Id == id, cancel);
        return user is { DisabledAt: null } && user.SecurityStamp == state.User.FindFirstValue(Access.StampClaim);
    }
}

using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using WebLab.Api.Accounts;
using WebLab.Api.Store;

namespace WebLab.Web.Parts;

/// <summary>Ends the sessions of open circuits: a cookie is looked at with every request, a circuit has none. A disabled account, a new password or an ended session counts within a minute.</summary>
public sealed class SessionWatch(ILoggerFactory logs, LabStore store, SessionList sessions) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState state, CancellationToken cancel) =>
        Sessions.Lives(state.User, store, sessions, cancel);
}

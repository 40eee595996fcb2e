using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using WebLab.Api.Accounts;
using WebLab.Api.Http;

namespace WebLab.Web.Parts;

/// <summary>The signed-in person of this circuit, and what the person may do. Pages call services directly, so they ask here first.</summary>
public sealed class Visitor(AuthenticationStateProvider states)
{
    public async Task<string> Id() => (await User()).FindFirstValue(ClaimTypes.NameIdentifier) ?? "";

    public async Task<string> Name() => (await User()).Identity?.Name ?? "";

    /// <summary>viewer, researcher or admin.</summary>
    public async Task<string> Role() => (await User()).FindFirstValue(ClaimTypes.Role) ?? "";

    /// <summary>The session that the cookie named when the circuit began.</summary>
    public async Task<string?> Session() => (await User()).FindFirstValue(Access.SessionClaim);

    public async Task<IReadOnlyList<string>> Scopes() => [.. (await User()).FindAll(Access.ScopeClaim).Select(c => c.Value)];

    /// <summary>Who the audit trail names; a circuit does not know its address.</summary>
    public async Task<Actor> Actor() => new(await Name(), null);

    public async Task<bool> May(string scope) => (await Scopes()).Contains(scope);

    /// <exception cref="Refusal">The person's role does not hold the scope.</exception>
    public async Task<Actor> Require(string scope) => await May(scope)
        ? await Actor()
        : throw new Refusal(ProblemKinds.Forbidden, $"this needs the scope '{scope}'; ask an administrator for a higher role");

    private async Task<ClaimsPrincipal> User() => (await states.GetAuthenticationStateAsync()).User;
}

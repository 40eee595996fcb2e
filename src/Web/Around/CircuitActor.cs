using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using WebLab.Api.Accounts;

namespace WebLab.Web.Around;

/// <summary>Says who acts in whatever an event of a page sets off, so that the audit trail knows. A circuit does not know the person's address.</summary>
public sealed class CircuitActor(AuthenticationStateProvider states) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async context =>
    {
        if ((await states.GetAuthenticationStateAsync()).User is { Identity.IsAuthenticated: true } user) Acting.Begin(new Actor(user.FindFirstValue(ClaimTypes.Name)!, null));
        await next(context);
    };
}

using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using WebLab.Api;
using WebLab.Api.Machine;
using WebLab.Web;
using WebLab.Web.Around;
using WebLab.Web.Parts;

if (Maintenance.Run(args) is { } code)
    return code;
var builder = WebApplication.CreateBuilder(args);
builder.AddWebLabApi();
builder.WebHost.UseStaticWebAssets();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddCascadingAuthenticationState();
builder.Services.AddScoped<AuthenticationStateProvider, SessionWatch>();
builder.Services.AddScoped<Visitor>();
builder.Services.AddScoped<CircuitHandler, CircuitActor>();

var app = builder.Build();
app.MapWebLabApi();
app.UseAntiforgery();
app.MapStaticAssets().AllowAnonymous();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode().WithStaticAssets();
return await app.RunWebLab();

namespace WebLab.Web
{
    /// <summary>Entry point of the full product; named so that tests can host it.</summary>
    public partial class Program;
}

using Radzen;
using WebLab.Api.Machine;
using WebLab.Web;

if (Maintenance.Run(args) is { } code)
    return code;
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddRadzenComponents();
builder.Services.AddSingleton(TimeProvider.System);

var app = builder.Build();
app.UseAntiforgery();
app.MapStaticAssets();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
app.Run();
return 0;

namespace WebLab.Web
{
    /// <summary>Entry point of the full product; named so that tests can host it.</summary>
    public partial class Program;
}

using WebLab.Api;
using WebLab.Api.Machine;

if (Maintenance.Run(args) is { } code)
    return code;
var builder = WebApplication.CreateBuilder(args);
builder.AddWebLabApi();
var app = builder.Build();
app.MapWebLabApi();
return await app.RunWebLab();

namespace WebLab.Api
{
    /// <summary>Entry point of the headless product; named so that tests can host it.</summary>
    public partial class Program;
}

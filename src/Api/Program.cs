var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.Run();

namespace WebLab.Api
{
    /// <summary>Entry point of the headless product; named so that tests can host it.</summary>
    public partial class Program;
}

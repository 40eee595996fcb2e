using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using WebLab.Engine.Evaluations;
using WebLab.Web.Evaluations;

namespace WebLab.Web.Tests.Evaluations;

public sealed class CurvePanelTests
{
    [Fact]
    public async Task Every_radius_has_a_row_and_the_audit_its_verdict()
    {
        var html = await Drawn(Some());
        Assert.Contains("70.0\u00a0%", html);
        Assert.Contains("<th scope=\"row\">8/255</th>", html);
        Assert.Contains("PGD, 20 steps", html);
        Assert.Contains("46.0\u00a0%, agrees", html);
        Assert.Contains("40.0\u00a0%, outside", html);
        Assert.Contains("Robustness curve over radius × 255. accuracy 20.0\u00a0%", html);
    }

    [Fact]
    public async Task Without_a_curve_it_says_how_to_get_one() => Assert.Contains("No curve was asked for", await Drawn(null));

    private static CurveResults Some() => new(JsonSerializer.SerializeToElement(new { kind = "pgd", steps = 20 }), "linf",
        [Point("2/255", 2, 70, 90), Point("4/255", 4, 45, 70), Point("8/255", 8, 20, 45)],
        [new CurveAudit(2, "4/255", Rated.Of(46, 100), true, 1, 900, 800), new CurveAudit(3, "8/255", Rated.Of(40, 100), false, 1, 900, 800)], 0.53);

    private static CurvePoint Point(string radius, int eps, int right, int tried) => new(radius, eps / 255.0, Rated.Of(right, 100), tried, 0, 1, tried * 20, tried * 19);

    private static async Task<string> Drawn(CurveResults? curve)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<IJSRuntime, NoScript>();
        await using var provider = services.BuildServiceProvider();
        await using var renderer = new HtmlRenderer(provider, provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () =>
            System.Net.WebUtility.HtmlDecode((await renderer.RenderComponentAsync<CurvePanel>(ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                ["Id"] = "1", ["Results"] = new EvaluationResults("c", "00", "d", "v", "test", 100, 0, "fp32", Rated.Of(90, 100), [], null, Curve: curve),
            }))).ToHtmlString()));
    }
}

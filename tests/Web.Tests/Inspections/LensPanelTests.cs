using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;
using WebLab.Web.Inspections;

namespace WebLab.Web.Tests.Inspections;

public sealed class LensPanelTests
{
    [Fact]
    public async Task A_surface_is_spoken_and_its_image_says_whether_the_attack_won()
    {
        var surface = new LossSurface(17, 0, 1, "a.png", "b.png", 0.5, 0.25, 2.5, [0.25f, 2.5f, 0.5f, 3f], [0, 1, 0, 1]);
        var html = await Drawn<SurfacePanel>(SurfaceLens.Name, new SurfaceFinding([0, 1], [0, 1], [surface]));
        Assert.Contains("Loss around image 17: 0.25 at the image, 2.5 at the attacked point, from 0.25 to 3 in the plane", html);
        Assert.Contains("✗ dog", html);
        Assert.Contains("50.0 %", html);
        Assert.Contains("is classified correctly, so there is none", await Drawn<SurfacePanel>(SurfaceLens.Name, new SurfaceFinding([0, 1], [0, 1], [])));
    }

    [Fact]
    public async Task Span_and_margin_are_told_in_words()
    {
        var some = new SpanSummary(2, 0, [.. Enumerable.Repeat(0.5, 20)], Same(0.5), Same(0.5), Same(0.5), Same(0.5));
        SpanFinding finding = new([.. Enumerable.Range(1, 20).Select(k => k / 20.0)], [new SpanOfMap("main", "class map", 4, 4, some, some)], 1, []);
        var html = await Drawn<SpanPanel>(SpanLens.Name, finding with
        {
            Points = [new SpanPoint(3, 0.25f, 0.5f, 4, false), new SpanPoint(5, 0.75f, 0.5f, 1, true)], MarginSpearman = -1, StandingSpan = Same(0.25), BrokenSpan = Same(0.75),
        });
        Assert.Contains("Rank correlation −1.00; median span 25.0 % where the image stands the attack, 75.0 % where it is broken", html);
        // Findings from before there were points.
        Assert.DoesNotContain("Span and margin", await Drawn<SpanPanel>(SpanLens.Name, finding));
    }

    [Fact]
    public async Task The_dial_begins_near_the_usual_radius_and_only_where_weights_are_predicted()
    {
        LayerStatistics layer = new("bn1", 4, [0, 1, 2], [0, 1, 2], 1, 1, [0.1, 0.2, 0.3], 1, [Same(0.1), Same(0.2), Same(0.3)]);
        StatisticsFinding finding = new(["0", "7/255", "16/255"], [0, 7 / 255.0, 16 / 255.0], [Rated.Of(9, 10), Rated.Of(5, 10), Rated.Of(1, 10)], [layer]);
        var bins = new Histogram(0.1, 0.3, [5, 5]);
        var html = await Drawn<StatisticsPanel>(StatisticsLens.Name, finding with { Fusing = new FusingWeights([Same(0.1), Same(0.2), Same(0.3)], [bins, bins, bins], Same(1)) });
        Assert.Contains("max=\"2\" step=\"1\" value=\"1\"", html);
        Assert.Contains("median 1.00, quartiles 1.00 and 1.00", html);
        Assert.DoesNotContain("data-dial", await Drawn<StatisticsPanel>(StatisticsLens.Name, finding));
    }

    private static Quartiles Same(double value) => new(value, value, value, value);

    private static async Task<string> Drawn<T>(string lens, object finding)
        where T : IComponent
    {
        var nothing = JsonSerializer.SerializeToElement(new { });
        var results = new InspectionResults("c", "00", "d", "v", "test", 2, 0, nothing, new Dictionary<string, JsonElement> { [lens] = JsonSerializer.SerializeToElement(finding, JobJson.Options) });
        var services = new ServiceCollection().AddLogging().AddSingleton<IJSRuntime, NoScript>();
        await using var provider = services.BuildServiceProvider();
        await using var renderer = new HtmlRenderer(provider, provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () =>
            System.Net.WebUtility.HtmlDecode((await renderer.RenderComponentAsync<T>(ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                ["Looks"] = new Looks([new Look("1", "run", results)]), ["Classes"] = new[] { "cat", "dog" },
            }))).ToHtmlString()).Replace('\u00a0', ' '));
    }
}

using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Evaluations;
using WebLab.Web.Evaluations;

namespace WebLab.Web.Tests.Evaluations;

public sealed partial class CorruptionPanelTests
{
    [Fact]
    public async Task Every_cell_holds_its_number_in_a_table_with_headers()
    {
        var html = await Drawn(Some());
        Assert.Equal(19, RowHeader().Count(html));
        // 19 rows of five severities and a mean.
        Assert.Equal(19 * 6, Heat().Count(html));
        Assert.Contains(">28.0</td>", html);
        Assert.Contains("Mean error, 14 of 15 corruptions", html);
        Assert.Contains("Held out, in no mean", html);
        Assert.Contains("frost is generated and not counted", html);
        Assert.Contains("tabindex=\"0\"", html);
    }

    [Fact]
    public async Task The_address_says_whether_error_or_accuracy_is_shown()
    {
        var html = await Drawn(Some(), "?cells=accuracy");
        Assert.Contains("Mean accuracy, 14 of 15 corruptions", html);
        Assert.Contains(">72.0</td>", html);
    }

    [Fact]
    public async Task A_baseline_gets_a_column_and_mce()
    {
        var some = Some();
        var html = await Drawn(some.With(new CorruptionBaseline("another", .1, some.Corruptions.ToDictionary(c => c.Name, c => c.Error * 2))));
        Assert.Contains("mCE, 14 of 15", html);
        Assert.Contains("50.0\u00a0%", html);
        Assert.Contains("Over baseline", html);
    }

    [Fact]
    public async Task Without_corruptions_it_says_how_to_get_some() => Assert.Contains("No corruptions were tried", await Drawn(null));

    // The first cell of every row has 72 of 100 right; each severity costs 4 more.
    private static CorruptionResults Some()
    {
        var chosen = CorruptionNames.Chosen(["all"], null).Select(Kinds.Corruptions.KindOf);
        List<CorruptionRated> rated = [.. chosen.Select((kind, k) => CorruptionRated.Of(Kinds.Corruptions.Find(kind)!, [.. Enumerable.Range(0, 5).Select(s => Rated.Of(72 - 4 * s - (s > 0 ? k : 0), 100))]))];
        return CorruptionResults.Summed(CorruptionResults.Made, [1, 2, 3, 4, 5], rated, .9);
    }

    private static async Task<string> Drawn(CorruptionResults? results, string query = "")
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<NavigationManager>(new Standing("http://localhost/evaluation" + query));
        await using var provider = services.BuildServiceProvider();
        await using var renderer = new HtmlRenderer(provider, provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () =>
            System.Net.WebUtility.HtmlDecode((await renderer.RenderComponentAsync<CorruptionPanel>(ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                ["Id"] = "1", ["Results"] = new EvaluationResults("c", "00", "d", "v", "test", 100, 0, "fp32", Rated.Of(90, 100), [], null, Corruptions: results),
            }))).ToHtmlString()));
    }

    // A page that stays where it is.
    private sealed class Standing : NavigationManager
    {
        public Standing(string address) => Initialize("http://localhost/", address);

        protected override void NavigateToCore(string uri, NavigationOptions options) => throw new InvalidOperationException(uri);
    }

    [GeneratedRegex("<th scope=\"row\">")]
    private static partial Regex RowHeader();

    [GeneratedRegex("<td class=\"number( mean)?\" style=\"background:color-mix")]
    private static partial Regex Heat();
}

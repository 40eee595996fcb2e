using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class AheadTests(Stage stage)
{
    private const string Drawn = "figure.chart .chart-box[data-points]:not([data-points='0']) canvas";

    [Fact]
    public async Task The_charts_of_a_run_stand_before_there_is_a_circuit()
    {
        await using var visit = await stage.Visit();
        await visit.Page.RouteAsync("**/_blazor**", route => route.AbortAsync());
        await visit.Page.GotoAsync($"/runs/{await stage.Trained()}");

        await Assertions.Expect(visit.Page.Locator(Drawn)).ToHaveCountAsync(2);
        await Assertions.Expect(visit.Page.Locator("html[data-alive]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_circuit_takes_them_over()
    {
        await using var visit = await stage.Visit();
        await visit.Open($"/runs/{await stage.Trained()}");

        await Assertions.Expect(visit.Page.Locator(".chart-box")).ToHaveCountAsync(await visit.Page.Locator(".chart-canvas").CountAsync());
        await Assertions.Expect(visit.Page.Locator("[data-ahead]")).ToHaveCountAsync(0);
        await visit.Dark();
        await Assertions.Expect(visit.Page.Locator(Drawn).First).ToBeVisibleAsync();
        Assert.Empty(visit.Complaints);
    }
}

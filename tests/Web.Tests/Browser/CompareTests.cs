using Microsoft.Playwright;
using static WebLab.Web.Tests.Browser.Axe;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class CompareTests(Stage stage)
{
    private const float Long = 180_000;

    private static readonly object Recipe = new
    {
        data = new { id = "shapes32", trainLimit = 640 }, model = new { kind = "tinycnn" }, method = new { kind = "standard" }, optimizer = new { kind = "sgd", lr = 0.05 },
        schedule = new { kind = "constant" }, training = new { epochs = 2, batchSize = 32, logEvery = 2 }, probe = new { samples = 32 },
    };

    [Fact]
    public async Task A_run_is_smoothed_overlaid_compared_copied_and_exported()
    {
        Assertions.SetDefaultExpectTimeout(60_000);
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await visit.Open("/compare");
        var runs = await page.EvaluateAsync<string[]>("async recipe => (await weblab.call('POST', '/api/v1/experiments', { name: 'Side by side', recipe, seeds: [0, 1] })).body.runs.map(r => r.id)", Recipe);
        await visit.Open($"/runs/{runs[0]}");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });

        // Smooth: the whole view stands in the address, and comes back out of it.
        await page.Locator("#smooth").FillAsync("60");
        await page.WaitForURLAsync("**smooth=0.9*");
        await page.GetByRole(AriaRole.Button, new() { Name = "epoch", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**x=epoch*");
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Training loss over epoch\. loss \d") })).ToBeVisibleAsync();
        await visit.Open(page.Url);
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Training loss over epoch\. loss \d") })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Training loss as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Training loss as table" })).ToContainTextAsync("loss (raw)");
        var zooming = page.GetByRole(AriaRole.Button, new() { Name = "Zoom into Training loss" });
        await zooming.ClickAsync();
        await page.WaitForURLAsync("**zoom=loss*");

        // More metrics load when they are asked for.
        await page.GetByRole(AriaRole.Button, new() { Name = "More metrics" }).ClickAsync();
        await page.WaitForURLAsync("**more=open*");

        // Overlay the other seed, which may only just have begun: its points come in by themselves.
        await page.GetByRole(AriaRole.Button, new() { Name = "Overlay runs" }).ClickAsync();
        await page.GetByRole(AriaRole.Group, new() { Name = "Overlay runs" }).GetByRole(AriaRole.Checkbox, new() { NameRegex = new("Side by side, seed 1") }).CheckAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Runs in the charts" }).GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Group, new() { Name = "Overlay runs" }).GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Side by side, seed 1 \d") }).First).ToBeVisibleAsync(new() { Timeout = Long });
        Assert.Empty(await Barriers(page));

        await visit.Picture("experiment-4-overlaid");

        // Full screen by key, and back.
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("f");
        await page.WaitForFunctionAsync("() => document.fullscreenElement?.matches('figure.chart')");
        await page.Keyboard.PressAsync("f");
        await page.WaitForFunctionAsync("() => !document.fullscreenElement");

        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("seed 1, PGD-10 ") })).ToBeVisibleAsync(new() { Timeout = Long });
        await page.Locator(".board-bar").GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await page.WaitForURLAsync("**/compare?runs=*");
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("Training loss over") })).ToBeVisibleAsync();
        await visit.Picture("experiment-5-compared");
        await page.GetByRole(AriaRole.Link, new() { Name = "Figures", Exact = true }).ClickAsync();
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Figures of the runs" });
        await Assertions.Expect(table.Locator("thead th")).ToHaveCountAsync(3);
        await Assertions.Expect(table).ToContainTextAsync("Clean accuracy, probe");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Mean ± std over seeds" }).CheckAsync();
        await Assertions.Expect(table).ToContainTextAsync("±");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as LaTeX" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Copied as LaTeX")).ToBeVisibleAsync();
        Assert.Contains(@"\begin{tabular}{lr}", await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"), StringComparison.Ordinal);
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "CSV", Exact = true }).ClickAsync());
        Assert.StartsWith("figure,Side by side (n = 2),", await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await visit.Picture("experiment-6-exported");
        Assert.Empty(await Barriers(page));

        foreach (var tab in new[] { "Recipes", "Robustness", "Images" })
        {
            await page.GetByRole(AriaRole.Navigation, new() { Name = "Comparison" }).GetByRole(AriaRole.Link, new() { Name = tab, Exact = true }).ClickAsync();
            await Assertions.Expect(page.Locator("[aria-current=page]").Filter(new() { HasText = tab })).ToBeVisibleAsync();
            Assert.Empty(await Barriers(page));
        }

        await page.Keyboard.PressAsync("b");
        await page.WaitForURLAsync("**blink=1*");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.WaitForURLAsync("**epoch=1*");
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the images scroll sideways");
        Assert.Empty(visit.Complaints);
    }
}

using Microsoft.Playwright;
using WebLab.Engine.Images;
using static WebLab.Web.Tests.Browser.Axe;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class ModelTests(Stage stage)
{
    private const float Long = 300_000;

    [Fact]
    public async Task A_checkpoint_is_promoted_released_asked_ranked_and_taken_away()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open($"/runs/{await stage.Trained()}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Checkpoints", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Promote", Exact = true }).First.ClickAsync();
        await page.GetByLabel("Model", new() { Exact = true }).FillAsync("shape-reader");
        await page.GetByLabel("Notes", new() { Exact = true }).FillAsync("reads shapes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Promote", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/models/shape-reader/v/1");
        await Assertions.Expect(page.Locator(".lineage > li")).ToHaveCountAsync(5);
        await page.GetByRole(AriaRole.Button, new() { Name = "Release", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Released");

        var notes = page.GetByRole(AriaRole.Region, new() { Name = "Notes on version 1", Exact = true });
        await Assertions.Expect(notes.Locator(".markdown")).ToHaveTextAsync("reads shapes");
        await notes.GetByRole(AriaRole.Button, new() { Name = "Edit", Exact = true }).ClickAsync();
        await notes.GetByLabel("Text in Markdown").FillAsync("reads **shapes** <script>");
        await notes.GetByRole(AriaRole.Button, new() { Name = "Store", Exact = true }).ClickAsync();
        await Assertions.Expect(notes.Locator(".markdown strong")).ToHaveTextAsync("shapes");

        await Assertions.Expect(page.Locator("#try-images")).ToBeEnabledAsync();
        await page.Locator("#try-images").SetInputFilesAsync(new[] { "one.png", "two.png" }.Select(name => new FilePayload { Name = name, MimeType = "image/png", Buffer = Picture() }));
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Predictions" }).Locator("tbody tr")).ToHaveCountAsync(2, new() { Timeout = Long });
        Assert.Empty(await Barriers(page));
        await visit.Picture("first-robust-model-5-model");

        await page.GetByRole(AriaRole.Link, new() { Name = "Evaluate", Exact = true }).ClickAsync();
        await page.Locator("#f-limit").FillAsync("96");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => url.Contains("/evaluations/") && !url.Contains("/new"));
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });
        await visit.Open("/leaderboard?all=true");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Leaderboard" })).ToContainTextAsync("shape-reader v1");
        await visit.Picture("first-robust-model-6-leaderboard");
        await page.GetByRole(AriaRole.Button, new() { Name = "Clean", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**sort=clean**");
        Assert.Empty(await Barriers(page));
        await Fits(page);

        await visit.Open("/models");
        await page.GetByRole(AriaRole.Link, new() { Name = "shape-reader", Exact = true }).ClickAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "ONNX", Exact = true }).ClickAsync(), new() { Timeout = Long });
        Assert.Equal("shape-reader-v1.onnx", download.SuggestedFilename);
        Assert.True(new FileInfo(await download.PathAsync()).Length > 10_000);
        await Fits(page);
        Assert.Empty(visit.Complaints);
    }

    private static byte[] Picture() => PngFile.Encode(new RgbImage(48, 48, [.. Enumerable.Range(0, 3 * 48 * 48).Select(i => (byte)(i / 9))]));

    private static async Task Fits(IPage page)
    {
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, $"{page.Url} scrolls sideways");
        await page.SetViewportSizeAsync(1440, 900);
    }
}

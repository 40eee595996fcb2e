using Microsoft.Playwright;
using WebLab.Engine.Images;
using static WebLab.Web.Tests.Browser.Axe;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class LabTests(Stage stage)
{
    private const float Long = 300_000;

    [Fact]
    public async Task Two_photographs_are_attacked_at_two_networks_scrubbed_aimed_tested_and_shared()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await Train(visit);
        await visit.Open("/lab");
        await page.GetByRole(AriaRole.Button, new() { Name = "Another network beside it" }).ClickAsync();
        await Assertions.Expect(page.Locator("[data-drop] input")).ToBeEnabledAsync();
        await page.Locator("[data-drop] input").SetInputFilesAsync([Photo("first.png", 3), Photo("second.png", 11), new() { Name = "notes.txt", MimeType = "text/plain", Buffer = [1, 2, 3] }]);
        var cells = page.GetByRole(AriaRole.Region, new() { Name = "Pictures by networks" }).Locator("button.cell");
        await Assertions.Expect(cells).ToHaveCountAsync(4, new() { Timeout = Long });
        await Assertions.Expect(page.Locator(".lab-controls .complaint", new() { HasText = "notes.txt" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Answered in")).ToBeVisibleAsync();
        await page.WaitForURLAsync("**board=*");

        // The film of one that took steps.
        await Assertions.Expect(page.Locator(".film[data-ready]")).ToBeVisibleAsync();
        var first = await page.Locator(".film").GetAttributeAsync("data-film");
        await cells.Nth(1).ClickAsync();
        await Assertions.Expect(page.Locator(".film")).Not.ToHaveAttributeAsync("data-film", first!);
        await Assertions.Expect(page.Locator(".film[data-ready]")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Step back" }).ClickAsync();
        await page.Locator("[data-scrub]").FillAsync("0");
        await Assertions.Expect(page.Locator("[data-out=step]")).ToHaveTextAsync("clean");
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.Locator("[data-out=step]")).ToContainTextAsync("1 of ");
        Assert.Empty(await Barriers(page));

        await visit.Picture("attacked-photo-1-film");

        // A class is aimed at, and no longer.
        await page.Locator(".guesses .bars button").First.ClickAsync();
        await Assertions.Expect(page.Locator(".aim")).ToContainTextAsync("Aimed at", new() { Timeout = Long });
        await Assertions.Expect(page.Locator(".lab-board .chip")).ToHaveCountAsync(1);
        await visit.Picture("attacked-photo-2-aimed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Do not aim" }).ClickAsync();
        await Assertions.Expect(page.Locator(".lab-board .chip")).ToHaveCountAsync(0, new() { Timeout = Long });
        var board = page.Url;

        // A camera that is not lent is a sentence; one that is lent takes a picture. The browser without windows lends its own unasked.
        await page.EvaluateAsync("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError')); }");
        await page.Locator("[data-camera]").ClickAsync();
        await Assertions.Expect(page.Locator("[data-camera-complaint]")).ToContainTextAsync("did not lend the camera");
        await page.EvaluateAsync("() => { delete navigator.mediaDevices.getUserMedia; }");
        await page.Locator("[data-camera]").ClickAsync();
        await page.Locator("[data-snapshot]").ClickAsync();
        await Assertions.Expect(page.Locator(".tray li")).ToHaveCountAsync(3);
        await page.Locator("[data-camera]").ClickAsync();
        await Assertions.Expect(page.Locator("[data-snapshot]")).ToBeHiddenAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Batch test" }).ClickAsync();
        await Assertions.Expect(page.Locator("[data-batch-files]")).ToBeEnabledAsync();
        await page.Locator("[data-batch-files]").SetInputFilesAsync([Photo("a.png", 5), Photo("b.png", 9), new() { Name = "c.gif", MimeType = "image/gif", Buffer = [7] }]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test the files" }).ClickAsync();
        var rows = page.GetByRole(AriaRole.Region, new() { Name = "Rows" }).Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(5, new() { Timeout = Long });
        await Assertions.Expect(rows.Last).ToContainTextAsync("Rejected");
        await visit.Picture("attacked-photo-3-batch");
        var csv = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
        Assert.StartsWith("file,label,", await File.ReadAllTextAsync(await csv.PathAsync(), TestContext.Current.CancellationToken));
        Assert.Empty(await Barriers(page));

        // The address brings the board back; its link is read by somebody without an account.
        await visit.Open(board);
        await Assertions.Expect(cells).ToHaveCountAsync(4);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a link" }).ClickAsync();
        var link = await page.GetByLabel("Link", new() { Exact = true }).InputValueAsync();
        await using (var stranger = await stage.Visit(signedIn: false))
        {
            await stranger.Page.GotoAsync(link);
            await Assertions.Expect(stranger.Page.Locator(".film[data-ready]").First).ToBeVisibleAsync();
            await Assertions.Expect(stranger.Page.Locator(".chart-canvas canvas").First).ToBeVisibleAsync();
            await stranger.Picture("attacked-photo-4-shared");
            Assert.Empty(await Barriers(stranger.Page));
            Assert.Empty(stranger.Complaints);
            await page.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Make a link" })).ToBeVisibleAsync();
            Assert.Equal(410, (await stranger.Page.GotoAsync(link))!.Status);
        }
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the lab scrolls sideways");
        Assert.Empty(visit.Complaints);
    }

    // Two runs of a minute or less; each leaves a checkpoint.
    private static async Task Train(Visit visit)
    {
        var page = visit.Page;
        await visit.Open("/experiments/new?preset=shapes32-standard");
        await page.Locator("#f-data-trainLimit").FillAsync("320");
        await page.Locator("#f-training-epochs").FillAsync("1");
        await page.Locator("#seeds").FillAsync("0, 1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/new"));
        await Assertions.Expect(page.Locator("tbody .status", new() { HasText = "Completed" })).ToHaveCountAsync(2, new() { Timeout = Long });
    }

    private static FilePayload Photo(string name, int seed) => new()
    {
        Name = name, MimeType = "image/png",
        Buffer = PngFile.Encode(new RgbImage(90, 60, [.. Enumerable.Range(0, 3 * 60 * 90).Select(i => (byte)(i * seed / 7))])),
    };
}

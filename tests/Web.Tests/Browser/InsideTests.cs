using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class InsideTests(Stage stage)
{
    private const float Long = 300_000;

    [Fact]
    public async Task A_trained_network_is_looked_into_from_its_run()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open($"/runs/{await stage.Trained()}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Inside", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("Nobody has looked inside yet")).ToBeVisibleAsync(new() { Timeout = Long });
        await page.GetByLabel("Test images", new() { Exact = true }).SelectOptionAsync("128");
        await page.GetByRole(AriaRole.Button, new() { Name = "Look inside" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Accuracy through each bank of batch norm" })).ToBeVisibleAsync(new() { Timeout = Long });
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Accuracy by bank" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Shift of feature means over radius × 255\. bn1 \d") })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Span curve as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Span curve as table" }).Locator("tbody tr")).ToHaveCountAsync(20);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Span and margin of each image as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Span and margin of each image as table" }).GetByRole(AriaRole.Cell, new() { NameRegex = new("stands|broken") }).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("Show the surface around image") }).Last.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Loss around image \d+: .* at the attacked point") })).ToBeVisibleAsync();

        // Nothing attacked is the clean figure; the try stays beside the first.
        var clean = await page.GetByRole(AriaRole.Region, new() { Name = "Feature attack by place" }).Locator("tbody tr").First.Locator("td").Nth(3).InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "All off" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try together" }).ClickAsync();
        var tries = page.GetByRole(AriaRole.Region, new() { Name = "Tried strengths" }).Locator("tbody tr");
        await Assertions.Expect(tries).ToHaveCountAsync(2, new() { Timeout = Long });
        await Assertions.Expect(tries.First).ToContainTextAsync($"0 · {clean}", new() { Timeout = Long });

        var heat = page.Locator(".maps .image").Nth(1);
        await heat.ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(heat).ToHaveJSPropertyAsync("naturalWidth", 32);
        Assert.Empty(await Axe.Barriers(page));

        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the tab scrolls sideways");
        Assert.Empty(visit.Complaints);
    }
}

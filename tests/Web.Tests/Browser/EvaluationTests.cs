using Microsoft.Playwright;
using static WebLab.Web.Tests.Browser.Axe;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class EvaluationTests(Stage stage)
{
    private const float Long = 300_000;

    [Fact]
    public async Task A_trained_network_is_evaluated_looked_at_and_compared()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open($"/runs/{await stage.Trained()}");

        await page.Locator(".head").GetByRole(AriaRole.Link, new() { Name = "Evaluate", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Quick") }).ClickAsync();
        await page.Locator("#f-limit").FillAsync("96");
        await Assertions.Expect(page.Locator(".split-side")).ToContainTextAsync("Part of AutoAttack: an upper bound");
        await page.GetByRole(AriaRole.Button, new() { Name = "Nine radii" }).ClickAsync();
        await Assertions.Expect(page.Locator("#f-curve")).ToHaveValueAsync("0, 2/255, 4/255, 6/255, 8/255, 10/255, 12/255, 14/255, 16/255");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => url.Contains("/evaluations/") && !url.Contains("/new"));

        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });
        var fall = page.GetByRole(AriaRole.Region, new() { Name = "What each attack leaves" }).Locator("tbody tr.done");
        await Assertions.Expect(fall).ToHaveCountAsync(5);
        await Assertions.Expect(page.Locator(".headline")).ToContainTextAsync("96 images");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Accuracy by radius" }).Locator("tbody tr")).ToHaveCountAsync(9);
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Accuracy by class" })).ToBeVisibleAsync();
        await visit.Picture("first-robust-model-4-evaluation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Difference", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Largest changes" })).ToBeVisibleAsync();
        Assert.Empty(await Barriers(page));

        await page.GetByRole(AriaRole.Navigation, new() { Name = "Evaluation", Exact = true }).GetByRole(AriaRole.Link, new() { Name = "Images" }).ClickAsync();
        await page.Locator("#gallery-by").SelectOptionAsync("all");
        await Assertions.Expect(page.Locator(".gallery .image").First).ToHaveJSPropertyAsync("naturalWidth", 32);
        Assert.Empty(await Barriers(page));
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the images scroll sideways");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Evaluation", Exact = true }).GetByRole(AriaRole.Link, new() { Name = "Results" }).ClickAsync();
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the results scroll sideways");
        await page.SetViewportSizeAsync(1440, 900);

        await page.Locator(".head").GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await page.Locator("#side-b").SelectOptionAsync(page.Url.Split("a=")[1]);
        await Assertions.Expect(page.Locator(".verdict-words")).ToContainTextAsync("agree on every one of the 96 images");
        Assert.Empty(await Barriers(page));
        await visit.Open("/evaluations");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Evaluations" }).Locator("tbody tr").First).ToBeVisibleAsync();
        Assert.Empty(await Barriers(page));
        Assert.Empty(visit.Complaints);
    }
}

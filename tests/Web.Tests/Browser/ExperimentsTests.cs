using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class ExperimentsTests(Stage stage)
{
    private const string Recipe = """
        {"data":{"id":"shapes32","trainLimit":256},"model":{"kind":"tinycnn"},"method":{"kind":"standard"},"optimizer":{"kind":"sgd","lr":0.1},
         "schedule":{"kind":"constant"},"training":{"epochs":1,"batchSize":64},"probe":{"every":1,"samples":32,"attack":{"kind":"fgsm"}}}
        """;

    [Fact]
    public async Task Experiments_are_filtered_kept_as_a_view_tagged_cloned_and_swept()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/experiments");
        var first = await Create(page, "journey one");
        await Create(page, "journey two");

        // A filter with a mistake says so below the box; the right one narrows the list and stands in the address.
        var filter = page.GetByRole(AriaRole.Combobox, new() { Name = "Filter" });
        await filter.FillAsync("metod=standard");
        await filter.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#filter-says")).ToContainTextAsync("'metod' is not a field");
        await filter.FillAsync("");
        await filter.PressSequentiallyAsync("meth");
        await Assertions.Expect(page.GetByRole(AriaRole.Option, new() { Name = "method" })).ToBeVisibleAsync();
        await filter.PressAsync("ArrowDown");
        await filter.PressAsync("Tab");
        await Assertions.Expect(filter).ToHaveValueAsync("method=");
        await filter.PressSequentiallyAsync("standard and architecture=tinycnn");
        await filter.PressAsync("Enter");
        await page.WaitForURLAsync("**filter=*");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "journey one", Exact = true })).ToBeVisibleAsync();

        await page.Locator(".views summary").ClickAsync();
        await page.GetByLabel("Keep this view as").FillAsync("small ones");
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".views summary")).ToContainTextAsync("small ones");
        await page.Locator(".views summary").ClickAsync();

        // Keys: to the row, take it, the next one too; then one tag for both.
        await page.GetByRole(AriaRole.Link, new() { Name = "journey two", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("x");
        await Assertions.Expect(page.Locator(".bulk-bar")).ToContainTextAsync("1 picked");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("x");
        await Assertions.Expect(page.Locator(".bulk-bar")).ToContainTextAsync("2 picked");
        await page.Locator(".bulk-bar").GetByRole(AriaRole.Button, new() { Name = "Tag" }).ClickAsync();
        await page.GetByLabel("Tag for the picked experiments").FillAsync("pair");
        await page.Locator(".bulk-bar").GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Assertions.Expect(page.Locator("td.name .chip", new() { HasText = "pair" })).ToHaveCountAsync(2);
        Assert.Empty(await Axe.Barriers(page));

        // A clone says what was changed.
        await visit.Open($"/experiments/new?from={first}");
        await page.Locator("#f-optimizer-lr").FillAsync("0.2");
        var changes = page.GetByRole(AriaRole.Region, new() { Name = "Changes from the parent" }).Last;
        await Assertions.Expect(changes).ToContainTextAsync("optimizer.lr");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save without starting" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/experiments/[0-9a-f-]{36}$"));
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Lineage" })).ToContainTextAsync("journey one");
        await Assertions.Expect(page.Locator(".changes ins")).ToHaveTextAsync("0.2");

        // A sweep of two learning rates.
        await page.GetByRole(AriaRole.Link, new() { Name = "Sweep", Exact = true }).ClickAsync();
        await page.GetByLabel("Field 1", new() { Exact = true }).SelectOptionAsync("optimizer.lr");
        await page.GetByLabel("Values, between commas").FillAsync("0.05, 0.1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start 2 runs" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/sweeps/[0-9a-f-]{36}$"));
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = 120_000 });
        await Assertions.Expect(page.Locator(".parallel-canvas")).ToHaveAttributeAsync("aria-label", new Regex("^2 points over optimizer.lr, clean, robust"));

        // A brush on the first axis narrows the table.
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await page.EvaluateAsync("async () => (await import('/js/parallel.js')).brush(document.querySelector('.parallel-canvas'), 0, 0.09, 0.2)");
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("tbody tr")).ToContainTextAsync("0.1");
        Assert.Empty(await Axe.Barriers(page));
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task Notes_that_two_people_write_are_both_kept()
    {
        await using var mine = await stage.Visit();
        await using var theirs = await stage.Visit();
        await mine.Open("/experiments");
        var id = await Create(mine.Page, "notes");
        foreach (var visit in (Visit[])[mine, theirs])
        {
            await visit.Open($"/experiments/{id}");
            await visit.Page.GetByRole(AriaRole.Region, new() { Name = "Notes" }).GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        }

        await theirs.Page.GetByLabel("Text in Markdown").FillAsync("theirs");
        await theirs.Page.GetByRole(AriaRole.Button, new() { Name = "Store", Exact = true }).ClickAsync();
        await Assertions.Expect(theirs.Page.Locator(".markdown")).ToHaveTextAsync("theirs");
        await mine.Page.GetByLabel("Text in Markdown").FillAsync("**mine** <script>alert(1)</script>");
        await mine.Page.GetByRole(AriaRole.Button, new() { Name = "Store", Exact = true }).ClickAsync();
        await Assertions.Expect(mine.Page.Locator(".theirs")).ToHaveTextAsync("theirs");
        await Assertions.Expect(mine.Page.GetByLabel("Yours")).ToHaveValueAsync("**mine** <script>alert(1)</script>");
        await mine.Page.GetByRole(AriaRole.Button, new() { Name = "Put theirs below mine" }).ClickAsync();
        await mine.Page.GetByRole(AriaRole.Button, new() { Name = "Store", Exact = true }).ClickAsync();
        await Assertions.Expect(mine.Page.Locator(".markdown strong")).ToHaveTextAsync("mine");
        await Assertions.Expect(mine.Page.Locator(".markdown")).ToContainTextAsync("<script>alert(1)</script>");
        await Assertions.Expect(mine.Page.Locator(".markdown")).ToContainTextAsync("theirs");
        Assert.Empty(mine.Complaints);
    }

    // By the page's own way to the API, with its session.
    private static async Task<string> Create(IPage page, string name) => await page.EvaluateAsync<string>(
        "async ([name, recipe]) => (await window.weblab.call('POST', '/api/v1/experiments', { name, recipe: JSON.parse(recipe), start: false })).body.id", new[] { name, Recipe });
}

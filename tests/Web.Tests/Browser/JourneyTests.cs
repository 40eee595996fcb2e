using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class JourneyTests(Stage stage)
{
    private const float Long = 180_000;

    [Fact]
    public async Task The_form_names_a_wrong_step_size_at_its_field()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments/new?preset=shapes32-pgd-at");

        await visit.Page.Locator("#f-method-attack-stepSize").FillAsync("0.25");

        await Assertions.Expect(visit.Page.Locator("#section-method .complaint").First).ToContainTextAsync("2");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeDisabledAsync();
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task A_draft_outlives_the_page()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments/new");
        await visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Question" }).FillAsync("does it last?");
        await Assertions.Expect(visit.Page.GetByText("Draft kept in this browser")).ToBeVisibleAsync();

        await visit.Open("/queue");
        await visit.Open("/experiments/new");

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Question" })).ToHaveValueAsync("does it last?");
    }

    [Fact]
    public async Task An_experiment_is_made_watched_and_cancelled()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/experiments/new?preset=shapes32-standard");
        await page.Locator("#f-data-trainLimit").FillAsync("640");
        await page.Locator("#f-training-epochs").FillAsync("2000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Running", new() { Timeout = Long });
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Training loss over step\. loss \d") })).ToBeVisibleAsync(new() { Timeout = Long });
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Training loss as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Training loss as table" }).Locator("tbody tr").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "log axis of Training loss" }).ClickAsync();
        await page.WaitForURLAsync("**?log=loss");
        await page.GetByRole(AriaRole.Link, new() { Name = "Log", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("queued → starting")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();

        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Cancelled", new() { Timeout = Long });
        Assert.Empty(visit.Complaints);
    }
}

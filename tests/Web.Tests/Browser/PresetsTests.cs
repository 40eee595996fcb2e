using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class PresetsTests(Stage stage)
{
    [Fact]
    public async Task A_recipe_is_found_by_words_and_shows_its_quoted_figures()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments/new?preset=shapes32-pgd-at");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Quoted figures", Exact = true })).ToHaveCountAsync(0);

        await visit.Page.GetByLabel("Find a recipe").FillAsync("awp svhn");
        var found = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Recipes found" }).GetByRole(AriaRole.Button);
        await Assertions.Expect(found).ToHaveCountAsync(1);
        await found.ClickAsync();

        var quoted = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Quoted figures", Exact = true });
        await Assertions.Expect(quoted).ToContainTextAsync("59.1 ± 1.5 %");
        await Assertions.Expect(quoted).ToContainTextAsync("best epoch");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task Papers_are_folded_by_method()
    {
        await using var visit = await stage.Visit(width: 390);
        await visit.Open("/experiments/new?preset=papers/trades-cifar100-wrn-34-10");

        await Assertions.Expect(visit.Page.Locator("details.preset-group.inner[open]")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator(".preset.chosen")).ToContainTextAsync("CIFAR-100, TRADES");
        Assert.True(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 390);
    }
}

using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class AroundTests(Stage stage)
{
    [Fact]
    public async Task The_tour_is_walked_by_keys_put_away_for_good_and_begun_again_from_help()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/about");
        await visit.Call("PATCH", "/api/v1/auth/preferences", new { tourDone = false });
        await visit.Open("/");
        var tour = page.GetByRole(AriaRole.Dialog, new() { Name = "Tour" });
        await Assertions.Expect(tour).ToContainTextAsync("Welcome to WebLab");
        await tour.GetByRole(AriaRole.Button, new() { Name = "Next" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tour).ToContainTextAsync("Start something");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(tour).ToBeHiddenAsync();
        await visit.Open("/");
        await Assertions.Expect(page.Locator("h1")).ToBeVisibleAsync();
        await Assertions.Expect(tour).ToBeHiddenAsync();

        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show me around" }).ClickAsync();
        await Assertions.Expect(tour).ToContainTextAsync("Step 1 of 5");
        await tour.GetByRole(AriaRole.Button, new() { Name = "Skip the tour" }).ClickAsync();
        await Assertions.Expect(tour).ToBeHiddenAsync();
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task Keys_do_nothing_while_somebody_types()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments");
        await visit.Page.Keyboard.PressAsync("/");
        await Assertions.Expect(visit.Page.GetByLabel("Search", new() { Exact = true })).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync("n g q ? .");
        await Assertions.Expect(visit.Page.GetByLabel("Search", new() { Exact = true })).ToHaveValueAsync("n g q ? .");
        Assert.EndsWith("/experiments", visit.Page.Url);
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Another_browser_is_signed_out_from_the_profile()
    {
        await using var other = await stage.Visit(signedIn: false);
        await other.Open("/sign-in");
        await other.Page.GetByLabel("Name").FillAsync("ada");
        await other.Page.GetByLabel("Password").FillAsync("correct horse battery");
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await other.Page.WaitForURLAsync(stage.Product.Address + "/");

        await using var visit = await stage.Visit();
        await visit.Open("/settings/profile");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out all others" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Table of signed-in browsers" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await other.Page.GotoAsync("/queue");
        Assert.StartsWith($"{stage.Product.Address}/sign-in", other.Page.Url);
    }
}

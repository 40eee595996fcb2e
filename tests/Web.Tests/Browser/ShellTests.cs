using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class ShellTests(Stage stage)
{
    [Fact]
    public async Task A_chosen_theme_is_in_the_first_byte_of_the_next_page()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/");
        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "Dark theme" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("html")).ToHaveAttributeAsync("data-scheme", "dark");

        var answer = await visit.Page.GotoAsync("/about");
        var html = await answer!.TextAsync();

        Assert.Contains("data-theme=\"dark\"", html);
        Assert.Matches(new Regex("data-scheme=\"dark\"[^>]*media=\"all\""), html);
    }

    [Fact]
    public async Task Keys_open_help_and_pages()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/");

        await visit.Page.Keyboard.PressAsync("?");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Keyboard.PressAsync("g");
        await visit.Page.Keyboard.PressAsync("q");

        await visit.Page.WaitForURLAsync("**/queue");
    }

    [Fact]
    public async Task Phones_open_and_close_the_navigation()
    {
        await using var visit = await stage.Visit(width: 390);
        await visit.Open("/");
        var link = visit.Page.GetByRole(AriaRole.Link, new() { Name = "Queue" });
        await Assertions.Expect(link).ToBeHiddenAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Open navigation" }).ClickAsync();
        await visit.Page.Locator("nav a[href='queue']").ClickAsync();

        await visit.Page.WaitForURLAsync("**/queue");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Open navigation" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_refused_in_words()
    {
        await using var visit = await stage.Visit(signedIn: false);
        await visit.Open("/sign-in");
        await visit.Page.GetByLabel("Name").FillAsync("nobody");
        await visit.Page.GetByLabel("Password").FillAsync("wrong horse battery");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await Assertions.Expect(visit.Page.GetByText("The name or the password is wrong")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_new_key_is_shown_once()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/settings/api-keys");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("night script");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make key" }).ClickAsync();
        var secret = await visit.Page.Locator(".secret code").TextContentAsync();
        Assert.StartsWith("wl_", secret);

        await visit.Open("/settings/api-keys");

        Assert.DoesNotContain(secret!, await visit.Page.ContentAsync());
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Cell, new() { Name = "night script", Exact = true })).ToBeVisibleAsync();

        await visit.Page.SetViewportSizeAsync(360, 740);
        Assert.Equal(360, await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }
}

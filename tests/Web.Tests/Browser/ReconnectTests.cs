using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class ReconnectTests(Stage stage)
{
    private const float Long = 120_000;

    private static readonly string[] Pages =
    [
        "/", "/experiments?q=shapes&show=archived", "/experiments/new", "/queue", "/datasets", "/lab", "/settings/webhooks", "/audit?what=user",
    ];

    [Fact]
    public async Task Pages_of_every_kind_say_that_the_server_is_away_and_come_back_with_their_view()
    {
        await using var visit = await stage.Visit();
        var tabs = new List<IPage>();
        foreach (var path in Pages)
        {
            var tab = await visit.Context.NewPageAsync();
            await tab.GotoAsync(path);
            await Assertions.Expect(tab.Locator("html")).ToHaveAttributeAsync("data-alive", "true", new() { Timeout = Long });
            tabs.Add(tab);
        }

        await stage.Product.Kill();
        foreach (var tab in tabs) await Assertions.Expect(tab.GetByText("Connection lost")).ToBeVisibleAsync(new() { Timeout = Long });
        await stage.Product.Start();

        foreach (var (tab, path) in tabs.Zip(Pages))
        {
            await Assertions.Expect(tab.GetByText("Connection lost")).ToBeHiddenAsync(new() { Timeout = Long });
            await Assertions.Expect(tab.Locator("h1")).ToBeVisibleAsync(new() { Timeout = Long });
            Assert.Equal(stage.Product.Address + path, tab.Url);
        }

        await Assertions.Expect(tabs[1].GetByLabel("Search", new() { Exact = true })).ToHaveValueAsync("shapes");
    }

    [Fact]
    public async Task What_is_typed_while_the_server_is_away_is_still_there_afterwards()
    {
        await using var visit = await stage.Visit();
        var (form, hook) = (visit.Page, await visit.Context.NewPageAsync());
        await visit.Open("/experiments/new");
        await hook.GotoAsync("/settings/webhooks");
        await Assertions.Expect(hook.Locator("html")).ToHaveAttributeAsync("data-alive", "true", new() { Timeout = Long });
        var question = form.GetByRole(AriaRole.Textbox, new() { Name = "Question" });
        await Assertions.Expect(hook.Locator("#hook-name")).ToBeVisibleAsync();

        await stage.Product.Kill();
        await Assertions.Expect(form.GetByText("Connection lost")).ToBeVisibleAsync(new() { Timeout = Long });
        await question.FillAsync("typed in the dark");
        await Assertions.Expect(hook.GetByText("Connection lost")).ToBeVisibleAsync(new() { Timeout = Long });
        await hook.Locator("#hook-name").FillAsync("also in the dark");
        await hook.Locator("#hook-url").FillAsync("https://example.org/dark");
        await stage.Product.Start();

        await Assertions.Expect(form.GetByText("Connection lost")).ToBeHiddenAsync(new() { Timeout = Long });
        await Assertions.Expect(question).ToHaveValueAsync("typed in the dark", new() { Timeout = Long });
        // The page that was left, and the next one before its circuit lives, show the words too.
        await Assertions.Expect(hook.GetByText("Connection lost")).ToBeHiddenAsync(new() { Timeout = Long });
        await Assertions.Expect(hook.Locator("html")).ToHaveAttributeAsync("data-alive", "true", new() { Timeout = Long });
        await Assertions.Expect(hook.Locator("#hook-name")).ToHaveValueAsync("also in the dark", new() { Timeout = Long });
        await Assertions.Expect(hook.Locator("#hook-url")).ToHaveValueAsync("https://example.org/dark");
        await hook.GetByRole(AriaRole.Button, new() { Name = "Make webhook" }).ClickAsync();
        await Assertions.Expect(hook.GetByRole(AriaRole.Row).Filter(new() { HasText = "also in the dark" }).Filter(new() { HasText = "example.org/dark" })).ToBeVisibleAsync(new() { Timeout = Long });
    }

    [Fact]
    public async Task A_lost_connection_comes_back_to_the_same_circuit_which_hears_what_was_typed_meanwhile()
    {
        await using var relay = new Relay(stage.Product.Address);
        await using var visit = await stage.Visit(address: relay.Address);
        var page = visit.Page;
        await visit.Open("/settings/webhooks");
        await page.EvaluateAsync("() => { window.same = true; }");
        await page.Locator("#hook-name").FillAsync("typed before");

        relay.Cut();
        await Assertions.Expect(page.GetByText("Connection lost")).ToBeVisibleAsync(new() { Timeout = Long });
        await page.Locator("#hook-url").FillAsync("https://example.org/meanwhile");
        relay.Mend();

        await Assertions.Expect(page.GetByText("Connection lost")).ToBeHiddenAsync(new() { Timeout = Long });
        await page.GetByRole(AriaRole.Button, new() { Name = "Make webhook" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "typed before" }).Filter(new() { HasText = "example.org/meanwhile" })).ToBeVisibleAsync(new() { Timeout = Long });
        Assert.True(await page.EvaluateAsync<bool>("() => window.same === true"), "the page was loaded anew");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tab_that_slept_wakes_to_its_view_and_its_words(bool restarted)
    {
        await using var relay = new Relay(stage.Product.Address);
        await using var visit = await stage.Visit(address: relay.Address);
        var page = visit.Page;
        await page.Clock.InstallAsync();
        await visit.Open("/experiments/new?preset=shapes32-pgd-at");
        await page.EvaluateAsync("() => { window.same = true; }");
        var question = page.GetByRole(AriaRole.Textbox, new() { Name = "Question" });
        await question.FillAsync("typed before it slept");
        if (restarted)
        {
            await stage.Product.Kill();
            await stage.Product.Start();
        }
        else
        {
            relay.Forget(); // as a router forgets a connection that was silent for long
        }

        await page.Clock.FastForwardAsync(25_000); // as if the lid had been closed for so long
        await page.WaitForFunctionAsync("() => !window.same && document.documentElement.dataset.alive", null, new() { Timeout = Long });
        await Assertions.Expect(question).ToHaveValueAsync("typed before it slept", new() { Timeout = Long });
        Assert.Equal(relay.Address + "/experiments/new?preset=shapes32-pgd-at", page.Url);
    }
}

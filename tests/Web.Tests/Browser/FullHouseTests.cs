using Microsoft.Playwright;
using static WebLab.Web.Tests.Browser.Axe;

namespace WebLab.Web.Tests.Browser;

[Collection(House.Name)]
public sealed class FullHouseTests(FullHouse house)
{
    private string[] Pages =>
    [
        "/", "/experiments", $"/experiments/{house.Experiment}", $"/runs/{house.Finished}", $"/runs/{house.Finished}?tab=log", $"/runs/{house.Finished}?tab=config",
        $"/runs/{house.Finished}?tab=checkpoints", $"/runs/{house.Failed}", "/queue", "/datasets", "/evaluations", "/notices", "/settings/profile", "/settings/api-keys", "/settings/users",
        "/settings/webhooks", "/settings/retention", "/settings/about", "/audit",
    ];

    [Fact]
    public async Task No_page_of_a_lab_in_use_has_a_serious_barrier_light_or_dark()
    {
        await using var visit = await house.Visit();
        foreach (var path in Pages)
        {
            await visit.Open(path);
            await Assertions.Expect(visit.Page.Locator("h1")).ToHaveCountAsync(1);
            await Assertions.Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
            var barriers = await Barriers(visit.Page);
            await visit.Dark();
            barriers = [.. barriers, .. await Contrast(visit.Page)];
            Assert.True(barriers.Length == 0, $"{path}: {string.Join(" | ", barriers)}");
            await visit.Light();
        }

        await visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Notices") }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".notice-line").First).ToBeVisibleAsync();
        Assert.Empty(await Barriers(visit.Page));
        await visit.Page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(visit.Page.Locator("dialog[open]").GetByRole(AriaRole.Option).First).ToBeVisibleAsync();
        Assert.Empty(await Barriers(visit.Page));
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Keyboard.PressAsync("?");
        Assert.Empty(await Barriers(visit.Page));
        Assert.Empty(visit.Complaints);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(360)]
    public async Task A_phone_watches_and_cancels_from_run_and_queue(int width)
    {
        await using var visit = await house.Visit(width: width);
        var page = visit.Page;
        await visit.Open("/queue");
        var (first, second) = (FullHouse.Run(await FullHouse.Make(visit, "watched", 5000, 1)), FullHouse.Run(await FullHouse.Make(visit, "waits behind it", 5000, 2)));
        await visit.Open($"/runs/{first}");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Running", new() { Timeout = 60_000 });
        await visit.Picture($"phone-{width}-1-watched");
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= width, "the run scrolls sideways");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true })).ToBeInViewportAsync();

        await visit.Open("/queue");
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= width, "the queue scrolls sideways");
        await visit.Picture($"phone-{width}-2-queue");
        var waiting = page.GetByRole(AriaRole.Region, new() { Name = "Waiting", Exact = true });
        await waiting.GetByRole(AriaRole.Button, new() { Name = "Cancel waits behind it" }).ClickAsync();
        await Assertions.Expect(waiting.GetByRole(AriaRole.Link, new() { Name = "waits behind it" })).ToHaveCountAsync(0);

        await visit.Open($"/runs/{first}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Cancelled", new() { Timeout = 60_000 });
        await visit.Picture($"phone-{width}-3-cancelled");
        await visit.Open($"/runs/{second}");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Cancelled");
    }

    [Fact]
    public async Task The_palette_finds_pages_actions_and_things_by_keyboard()
    {
        await using var visit = await house.Visit();
        var page = visit.Page;
        await visit.Open("/");
        await page.Keyboard.PressAsync("Control+k");
        var box = page.GetByRole(AriaRole.Combobox, new() { NameRegex = new("^Search pages") });
        await Assertions.Expect(box).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("finished one");
        var found = page.GetByRole(AriaRole.Option, new() { NameRegex = new("a finished one.*run") });
        await Assertions.Expect(found).ToBeVisibleAsync();
        while (await found.GetAttributeAsync("aria-selected") != "true") await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(box).ToHaveAttributeAsync("aria-activedescendant", (await found.GetAttributeAsync("id"))!);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync($"**/runs/{house.Finished}");
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("a finished one");

        await page.Keyboard.PressAsync("]");
        await page.WaitForURLAsync("**?tab=evaluations");
        await page.Keyboard.PressAsync(".");
        await page.Keyboard.TypeAsync("clone");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/experiments/new?from=*");

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.GetByRole(AriaRole.Group, new() { Name = "Recent" }).GetByRole(AriaRole.Option).First).ToContainTextAsync("a finished one");
        await page.Keyboard.TypeAsync("theme dark");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-scheme", "dark");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task A_viewer_sees_everything_and_no_way_to_change_it()
    {
        await using var admin = await house.Visit();
        await admin.Open("/settings/users");
        await admin.Page.Locator("#user-name").FillAsync("vera");
        await admin.Page.Locator("#user-password").FillAsync("correct horse battery");
        await admin.Page.Locator("#user-role").SelectOptionAsync("Viewer");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Make account" }).ClickAsync();
        await Assertions.Expect(admin.Page.GetByText("The account vera is made")).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Combobox, new() { Name = "Role of ada" })).ToBeDisabledAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = "Disable ada" })).ToBeDisabledAsync();

        await using var viewer = await house.Visit(signedIn: false);
        var page = viewer.Page;
        await viewer.Open("/sign-in");
        await page.GetByLabel("Name").FillAsync("vera");
        await page.GetByLabel("Password").FillAsync("correct horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync(house.Product.Address + "/");
        await Assertions.Expect(page.GetByText("View only")).ToBeVisibleAsync();
        foreach (var path in new[] { "/", $"/experiments/{house.Experiment}", $"/runs/{house.Failed}", "/queue", "/datasets" })
        {
            await viewer.Open(path);
            foreach (var name in new[] { "New experiment", "Clone", "Retry", "Archive", "Trash", "Pause the queue", "Run the two-minute demo" })
            {
                await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true })).ToHaveCountAsync(0);
                var button = page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });
                for (var i = 0; i < await button.CountAsync(); i++) await Assertions.Expect(button.Nth(i)).ToBeDisabledAsync();
            }
        }

        await viewer.Open("/settings/users");
        await Assertions.Expect(page.GetByText("You are signed in as viewer. This needs the role admin")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_key_is_made_used_and_revoked()
    {
        await using var visit = await house.Visit();
        await visit.Open("/settings/api-keys");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("short-lived");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make key" }).ClickAsync();
        var secret = await visit.Page.Locator(".secret code").TextContentAsync();
        await visit.Picture("key-1-made");
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", secret) } };
        Assert.Equal(System.Net.HttpStatusCode.OK, (await client.GetAsync(house.Product.Address + "/api/v1/runs", TestContext.Current.CancellationToken)).StatusCode);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Revoke short-lived" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Row, new() { NameRegex = new("short-lived.*Revoked") })).ToBeVisibleAsync();
        await visit.Picture("key-2-revoked");
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await client.GetAsync(house.Product.Address + "/api/v1/runs", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task A_run_is_made_watched_and_cancelled_by_keys_alone()
    {
        await using var visit = await house.Visit();
        var page = visit.Page;
        await visit.Open("/");
        await page.Keyboard.PressAsync("n");
        await page.WaitForURLAsync("**/experiments/new");
        await page.Locator("#f-training-epochs").WaitForAsync();
        await TabTo(page, "document.activeElement.id === 'f-training-epochs'");
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.TypeAsync("5000");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeEnabledAsync();
        await TabTo(page, "document.activeElement.matches('button') && document.activeElement.textContent.replace(/play_arrow/, '').trim() === 'Start'");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Running", new() { Timeout = 60_000 });
        await page.Keyboard.PressAsync("Shift+X");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Cancelled", new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task Landmarks_and_headings_come_in_the_order_in_which_they_are_read()
    {
        await using var visit = await house.Visit();
        foreach (var (path, heading) in new[] { ("/", "Overview"), ("/experiments", "Experiments"), ($"/runs/{house.Finished}", "a finished one"), ("/queue", "Queue"), ("/settings/users", "Users") })
        {
            await visit.Open(path);
            await Assertions.Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
            var tree = await visit.Page.Locator("body").AriaSnapshotAsync();
            string[] order = ["link \"Skip to content\"", "banner", "button \"Search and commands\"", "link \"New experiment\"", "navigation \"Main\"", "- main", $"heading \"{heading}\" [level=1]"];
            var places = order.Select(o => tree.IndexOf(o, StringComparison.Ordinal)).ToList();
            Assert.True(places.All(p => p >= 0) && places.SequenceEqual(places.Order()), $"{path}: {string.Join(", ", order.Zip(places))}\n{tree}");
            var levels = await visit.Page.EvaluateAsync<int[]>("() => [...document.querySelectorAll('main h1, main h2, main h3')].filter(h => h.getClientRects().length).map(h => Number(h.tagName[1]))");
            Assert.Equal(1, levels[0]);
            Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, $"{path} skips a level of headings"));
        }
    }

    private static async Task TabTo(IPage page, string arrived)
    {
        for (var i = 0; i < 400; i++)
        {
            if (await page.EvaluateAsync<bool>($"() => {arrived}")) return;
            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"Tab never came to: {arrived}");
    }
}

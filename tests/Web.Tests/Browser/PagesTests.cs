using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(EmptyHouse.Name)]
public sealed class PagesTests(Stage stage)
{
    public static readonly string[] Pages =
    [
        "/",
        "/experiments", "/experiments/new", "/experiments/none", "/runs/none",
        "/compare", "/compare?runs=none,gone",
        "/evaluations", "/evaluations/new", "/evaluations/compare", "/evaluations/transfer", "/evaluations/none",
        "/queue",
        "/datasets", "/datasets/none", "/datasets/none/corruptions",
        "/lab",
        "/notices", "/settings/profile", "/settings/api-keys", "/settings/users", "/settings/webhooks", "/settings/retention", "/settings/about", "/about", "/audit",
        "/not-found",
        "/sweeps", "/sweeps/new", "/sweeps/none",
        "/models", "/models/import", "/models/promote", "/models/none", "/leaderboard",
    ];

    private static readonly string[] Open = ["/sign-in", "/setup"];

    public static TheoryData<string> EveryPage => [.. Pages, .. Open];

    [Theory, MemberData(nameof(EveryPage))]
    public async Task Page_has_a_heading_no_complaint_no_serious_barrier_light_or_dark_and_fits_a_phone(string path)
    {
        await using var visit = Open.Contains(path) ? await stage.Visit(signedIn: false) : await stage.Glance();
        await visit.Open(path);

        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveCountAsync(1);
        Assert.Empty(await Axe.Barriers(visit.Page));
        await visit.Dark();
        Assert.Empty(await Axe.Contrast(visit.Page));
        await visit.Page.SetViewportSizeAsync(360, 900);
        Assert.True(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, $"{path} scrolls sideways");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task Every_page_sends_strangers_to_sign_in()
    {
        Assert.SkipUnless(Stage.CanPlay, "the server plays with the browser only");
        using var stranger = new HttpClient { BaseAddress = new(stage.Product.Address) };
        foreach (var path in Pages)
        {
            using var answer = await stranger.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.StartsWith($"{stage.Product.Address}/sign-in", answer.RequestMessage!.RequestUri!.ToString());
        }
    }

    [Fact]
    public async Task A_link_to_a_shared_result_with_a_typing_error_says_so()
    {
        await using var visit = await stage.Visit(signedIn: false);
        var answer = await visit.Page.GotoAsync("/s/none");

        Assert.Equal(404, answer!.Status);
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("There is nothing at this address");
        Assert.Empty(await Axe.Barriers(visit.Page));
    }

    [Fact]
    public async Task Pages_carry_a_policy_without_inline_scripts()
    {
        await using var visit = await stage.Visit();
        var answer = await visit.Page.GotoAsync("/");

        var policy = (await answer!.AllHeadersAsync())["content-security-policy"];
        Assert.Contains("script-src 'self';", policy);
        Assert.DoesNotContain("unsafe-eval", policy);
    }
}

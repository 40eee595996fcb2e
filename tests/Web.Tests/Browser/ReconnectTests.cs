using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

[Collection(Theatre.Name)]
public sealed class ReconnectTests(Stage stage)
{
    [Fact]
    public async Task A_page_says_that_the_server_is_away_and_comes_back_with_its_view()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments?q=shapes&show=archived");

        await stage.Product.Kill();
        await Assertions.Expect(visit.Page.GetByText("Connection lost")).ToBeVisibleAsync();
        await stage.Product.Start();

        await Assertions.Expect(visit.Page.GetByText("Connection lost")).ToBeHiddenAsync(new() { Timeout = 120_000 });
        Assert.EndsWith("/experiments?q=shapes&show=archived", visit.Page.Url);
        await Assertions.Expect(visit.Page.GetByLabel("Search")).ToHaveValueAsync("shapes");
    }
}

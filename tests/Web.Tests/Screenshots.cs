using Microsoft.Playwright;
using WebLab.Web.Tests.Browser;
using Xunit;

namespace WebLab.Web.Tests;

/// <summary>
/// Makes the pictures of the README from a running server; not part of the ordinary run (<c>scripts/screenshots</c> asks for it).
/// WEBLAB_URL, WEBLAB_USER and WEBLAB_PASSWORD name the server and an account on it.
/// </summary>
public sealed class Screenshots
{
    private static readonly string Url = Environment.GetEnvironmentVariable("WEBLAB_URL") ?? "http://127.0.0.1:5080";

    [Fact(Explicit = true)]
    public async Task Of_the_pages()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Stage.Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
        await using var context = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1440, Height = 900 } });
        var signedIn = await context.APIRequest.PostAsync($"{Url}/api/v1/auth/sign-in", new APIRequestContextOptions
        {
            DataObject = new { name = Setting("WEBLAB_USER"), password = Setting("WEBLAB_PASSWORD") },
        });
        Assert.True(signedIn.Ok, await signedIn.TextAsync());

        var page = await context.NewPageAsync();
        foreach (var (name, path) in await Places(context)) await Take(page, name, path);
    }

    private static string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

    // WEBLAB_RUN and WEBLAB_EVALUATION, else the newest training and the newest finished evaluation.
    private static async Task<List<(string Name, string Path)>> Places(IBrowserContext context) =>
    [
        ("run", $"/runs/{Environment.GetEnvironmentVariable("WEBLAB_RUN") ?? await Newest(context, "runs?filter=kind=train%20and%20status%20in%20(completed,running)")}"),
        ("evaluation", $"/evaluations/{Environment.GetEnvironmentVariable("WEBLAB_EVALUATION") ?? await Newest(context, "evaluations?status=completed")}"),
    ];

    private static async Task<string> Newest(IBrowserContext context, string list)
    {
        var answer = await context.APIRequest.GetAsync($"{Url}/api/v1/{list}");
        return (await answer.JsonAsync())!.Value.GetProperty("items").EnumerateArray().First().GetProperty("id").GetString()!;
    }

    private static async Task Take(IPage page, string name, string path)
    {
        await page.GotoAsync(Url + path, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await page.WaitForSelectorAsync("main");
        // Charts draw and fade in; nothing on the page says when they are done.
        await page.WaitForTimeoutAsync(5_000);
        var folder = Environment.GetEnvironmentVariable("WEBLAB_PICTURES") ?? "docs/img";
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
    }
}

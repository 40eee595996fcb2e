using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

/// <summary>One server, one browser, one signed-in person, for all tests of a collection.</summary>
public class Stage : IAsyncLifetime
{
    private static readonly string Chromium = Environment.GetEnvironmentVariable("WEBLAB_CHROMIUM") ?? "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _signedIn;

    public Stage() : this(new Product())
    {
    }

    protected Stage(Product product) => Product = product;

    public Product Product { get; }

    public static bool CanPlay => File.Exists(Chromium);

    public virtual async ValueTask InitializeAsync()
    {
        if (!CanPlay) return;
        Assertions.SetDefaultExpectTimeout(20_000); // a busy machine is slow, not wrong
        await Product.Start();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream"],
        });
        await using var context = await _browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(Product.SetupLink!);
        await page.GetByLabel("Name").FillAsync("ada");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync("correct horse battery");
        await page.GetByLabel("Password again").FillAsync("correct horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account and go in" }).ClickAsync();
        await page.WaitForURLAsync(Product.Address + "/");
        // The tour has its own test; elsewhere it would only lie in the way.
        await page.EvaluateAsync("() => weblab.call('PATCH', '/api/v1/auth/preferences', { tourDone: true })");
        _signedIn = await context.StorageStateAsync();
    }

    /// <summary>A fresh page; skips the test where there is no browser.</summary>
    /// <param name="signedIn">With the session of the first account.</param>
    public async Task<Visit> Visit(bool signedIn = true, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipUnless(CanPlay, $"no browser at {Chromium}; install chromium or set WEBLAB_CHROMIUM");
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = Product.Address, StorageState = signedIn ? _signedIn : null, ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 900 }, BypassCSP = false,
        });
        context.SetDefaultTimeout(60_000);
        return new Visit(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        await Product.DisposeAsync();
    }
}

/// <summary>One page of one browser context, and what it complained about.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    public Visit(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    /// <summary>Calls the REST API with the session of the page; the answer's body.</summary>
    public Task<System.Text.Json.JsonElement> Call(string verb, string path, object? body = null) => Page.EvaluateAsync<System.Text.Json.JsonElement>(
        "async ([verb, path, body]) => { const a = await weblab.call(verb, path, body ?? undefined); if (!a.ok) throw new Error(path + ': ' + JSON.stringify(a.body)); return a.body ?? {}; }", new[] { verb, path, body });

    /// <summary>Errors and warnings of the console, and uncaught exceptions.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Opens a page and waits until its circuit lives.</summary>
    public async Task Open(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForFunctionAsync("() => window.Blazor && document.documentElement.dataset.scheme && (document.documentElement.dataset.alive || document.querySelector('.bare'))");
        await Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
    }

    public Task Dark() => Look(ColorScheme.Dark, "dark");

    public Task Light() => Look(ColorScheme.Light, "light");

    private async Task Look(ColorScheme scheme, string name)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Page.WaitForFunctionAsync("name => document.documentElement.dataset.scheme === name", name);
    }

    /// <summary>Trains a tiny network on a few shapes and ends on the page of its completed run.</summary>
    public async Task Train()
    {
        await Open("/experiments/new?preset=shapes32-standard");
        await Page.Locator("#f-data-trainLimit").FillAsync("640");
        await Page.Locator("#f-training-epochs").FillAsync("1");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await Page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(Page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = 300_000 });
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class Theatre : ICollectionFixture<Stage>
{
    public const string Name = "browser";
}

using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

/// <summary>One server, one browser, one signed-in person, for all tests of a collection.</summary>
public class Stage : IAsyncLifetime
{
    // Chromium without windows takes half as long for each page as Chromium whose windows nobody sees.
    public static readonly string Chromium = Environment.GetEnvironmentVariable("WEBLAB_CHROMIUM") ?? "/usr/bin/chromium-headless-shell";

    private IPlaywright? _playwright;
    private readonly Lazy<Task<string>> _trained;
    private readonly Lazy<Task<IBrowserContext>> _glances;
    private IBrowser? _browser;
    private string? _signedIn;

    public Stage() : this(new Product())
    {
    }

    protected Stage(Product product) => (Product, _trained, _glances) = (product, new(Train), new(() => Context()));

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
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        });
        await using var context = await _browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(Product.SetupLink!);
        await Pictures.Take(page, "first-robust-model-1-set-up");
        await page.GetByLabel("Name").FillAsync("ada");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync("correct horse battery");
        await page.GetByLabel("Password again").FillAsync("correct horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account and go in" }).ClickAsync();
        await page.WaitForURLAsync(Product.Address + "/");
        // The tour has its own test; elsewhere it would only lie in the way.
        await page.EvaluateAsync("() => weblab.call('PATCH', '/api/v1/auth/preferences', { tourDone: true })");
        _signedIn = await context.StorageStateAsync();
    }

    /// <summary>A page of a browser that knows nothing yet; skips the test where there is no browser.</summary>
    /// <param name="signedIn">With the session of the first account.</param>
    /// <param name="address">Another way to the server than straight.</param>
    public async Task<Visit> Visit(bool signedIn = true, int width = 1440, string? address = null)
    {
        var context = await Context(signedIn, width, address);
        return new Visit(context, await context.NewPageAsync(), context);
    }

    /// <summary>A page of the signed-in browser that all glances share, with its cache; for those who only look.</summary>
    public async Task<Visit> Glance()
    {
        var page = await (await _glances.Value).NewPageAsync();
        return new Visit(page.Context, page, null);
    }

    /// <summary>The id of a completed run; whoever asks first has its tiny network trained.</summary>
    public Task<string> Trained() => _trained.Value;

    private async Task<IBrowserContext> Context(bool signedIn = true, int width = 1440, string? address = null)
    {
        Assert.SkipUnless(CanPlay, $"no browser at {Chromium}; install chromium-headless-shell or set WEBLAB_CHROMIUM");
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = address ?? Product.Address, StorageState = signedIn ? _signedIn : null, ColorScheme = ColorScheme.Light,
            ViewportSize = new() { Width = width, Height = 900 }, BypassCSP = false,
        });
        context.SetDefaultTimeout(60_000);
        return context;
    }

    private async Task<string> Train()
    {
        await using var visit = await Visit();
        await visit.Train();
        return new Uri(visit.Page.Url).Segments[^1];
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
    private readonly IBrowserContext? _own;

    /// <param name="own">Ends with the visit; null where others go on with it.</param>
    public Visit(IBrowserContext context, IPage page, IBrowserContext? own)
    {
        (Context, Page, _own) = (context, page, own);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
    }

    public IPage Page { get; }

    public IBrowserContext Context { get; }

    /// <summary>Calls the REST API with the session of the page; the answer's body.</summary>
    public Task<System.Text.Json.JsonElement> Call(string verb, string path, object? body = null) => Page.EvaluateAsync<System.Text.Json.JsonElement>(
        "async ([verb, path, body]) => { const a = await weblab.call(verb, path, body ?? undefined); if (!a.ok) throw new Error(path + ': ' + JSON.stringify(a.body)); return a.body ?? {}; }", new[] { verb, path, body });

    /// <summary>Errors and warnings of the console, and uncaught exceptions.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Opens a page and waits until its circuit lives, its panels are filled and its title, fonts and pictures are there.</summary>
    public async Task Open(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForFunctionAsync(
            """
            () => window.Blazor && document.title && document.documentElement.dataset.scheme && (document.documentElement.dataset.alive || document.querySelector('.bare'))
              && !document.querySelector('.skeleton, [aria-busy=true]') && document.fonts.status === 'loaded' && [...document.images].every(i => i.complete || i.loading === 'lazy')
            """);
    }

    /// <summary>Leaves a picture of the page.</summary>
    /// <param name="name">Journey, number, what is to be seen.</param>
    public Task Picture(string name) => Pictures.Take(Page, name);

    public Task Dark() => Look(ColorScheme.Dark, "dark");

    public Task Light() => Look(ColorScheme.Light, "light");

    private async Task Look(ColorScheme scheme, string name)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Page.WaitForFunctionAsync("name => document.documentElement.dataset.scheme === name", name);
    }

    /// <summary>Trains a tiny network on a few attacked shapes and ends on the page of its completed run.</summary>
    public async Task Train()
    {
        await Open("/experiments/new?preset=shapes32-pgd-at");
        await Page.Locator("#f-data-trainLimit").FillAsync("640");
        await Page.Locator("#f-training-epochs").FillAsync("1");
        await Picture("first-robust-model-2-experiment");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await Page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(Page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = 300_000 });
        await Picture("first-robust-model-3-run");
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is null) await Page.CloseAsync();
        else await _own.DisposeAsync();
    }
}

/// <summary>Looks at every page of a lab that nobody uses.</summary>
[CollectionDefinition(Name)]
public sealed class EmptyHouse : ICollectionFixture<Stage>
{
    public const string Name = "empty house";
}

/// <summary>Works with pages that need no network.</summary>
[CollectionDefinition(Name)]
public sealed class Theatre : ICollectionFixture<Stage>
{
    public const string Name = "browser";
}

/// <summary>Journeys that train, beside those who look.</summary>
[CollectionDefinition(Name)]
public sealed class Workshop : ICollectionFixture<Stage>
{
    public const string Name = "journeys";
}

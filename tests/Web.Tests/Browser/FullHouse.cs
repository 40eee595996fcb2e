using System.Text.Json;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

/// <summary>A lab in use: runs at work, waiting, ended and failed, a webhook, notices, a key, a second account. The fake worker plays the runs.</summary>
public sealed class FullHouse() : Stage(new Product { PlaysRuns = true })
{
    /// <summary>Of an experiment with a finished run.</summary>
    public string Experiment { get; private set; } = "";

    public string Finished { get; private set; } = "";

    public string Failed { get; private set; } = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (!CanPlay) return;
        await using var visit = await Visit();
        await visit.Open("/settings/about");
        await visit.Call("PATCH", "/api/v1/auth/preferences", new { thresholds = new[] { new { metric = "probe.pgd10", comparison = ">=", value = 0.2 } } });
        await visit.Call("POST", "/api/v1/webhooks", new { name = "lab chat", url = "http://127.0.0.1:9/", events = new[] { "run.finished", "run.failed" } });
        await visit.Call("POST", "/api/v1/users", new { name = "grace", password = "correct horse battery", role = "researcher" });
        await visit.Call("POST", "/api/v1/api-keys", new { name = "night script", scopes = new[] { "read" } });
        var made = await Make(visit, "a finished one", 3, 0);
        (Experiment, Finished) = (made.GetProperty("id").GetString()!, Run(made));
        Failed = Run(await Make(visit, "an unlucky one", 4, 13));
        await visit.Open($"/runs/{Failed}");
        await Assertions.Expect(visit.Page.Locator(".head .status")).ToContainTextAsync("Failed", new() { Timeout = 60_000 });
    }

    /// <summary>Queues an experiment.</summary>
    /// <param name="seed">13 fails after its first epoch.</param>
    public static Task<JsonElement> Make(Visit visit, string name, int epochs, int seed) => visit.Call("POST", "/api/v1/experiments", new
    {
        name, question = "Does it last?", tags = new[] { "demo" }, seeds = new[] { seed },
        recipe = new
        {
            version = 1, data = new { id = "shapes32" }, model = new { kind = "tinycnn" }, method = new { kind = "standard" },
            optimizer = new { kind = "sgd" }, schedule = new { kind = "one-cycle" }, training = new { epochs },
        },
    });

    public static string Run(JsonElement made) => made.GetProperty("runs")[0].GetProperty("id").GetString()!;
}

[CollectionDefinition(Name)]
public sealed class House : ICollectionFixture<FullHouse>
{
    public const string Name = "full house";
}

using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Machine;

/// <summary>Whether the server can do its work, check by check.</summary>
/// <param name="Status"><c>ready</c> or <c>not-ready</c>.</param>
/// <param name="Checks">Name to <c>ok</c> or what is wrong; administrators only.</param>
public sealed record Readiness(string Status, IReadOnlyDictionary<string, string>? Checks);

/// <summary>Readiness: the database takes a write, its migrations are applied, the data directory is writable.</summary>
public sealed class Health(LabStore store, DataDirectory data, TimeProvider time)
{
    private const string Mark = "health.written-at";

    public async Task<Dictionary<string, string>> Check(CancellationToken cancel) => new()
    {
        ["database"] = await Try(() => store.Write(WriteMark, cancel)),
        ["migrations"] = await Try(() => Migrated(cancel)),
        ["dataDirectory"] = await Try(() => WriteFile(cancel)),
    };

    private void WriteMark(LabContext rows)
    {
        var now = time.GetUtcNow().ToString("O");
        if (rows.Settings.Find(Mark) is { } mark)
            mark.Value = now;
        else
            rows.Settings.Add(new Setting { Key = Mark, Value = now });
    }

    private async Task Migrated(CancellationToken cancel)
    {
        await using var rows = store.Read();
        var pending = await rows.Database.GetPendingMigrationsAsync(cancel);
        if (pending.FirstOrDefault() is { } first)
            throw new InvalidOperationException($"{first} is not applied");
    }

    private async Task WriteFile(CancellationToken cancel)
    {
        var file = DataDirectory.Child(data.Lab, "health.probe");
        await File.WriteAllTextAsync(file, "ok", cancel);
        File.Delete(file);
    }

    private static async Task<string> Try(Func<Task> check)
    {
        try
        {
            await check();
            return "ok";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }
}

public static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        var health = app.MapGroup("/health").WithTags("System").AllowAnonymous();
        health.MapGet("/live", Live).WithName("getLive").Produces<string>(200, "text/plain");
        health.MapGet("/ready", Ready).WithName("getReady").Produces<Readiness>().Produces<Readiness>(503);
    }

    /// <summary>Whether the process answers</summary>
    private static IResult Live() => TypedResults.Text("live");

    /// <summary>Whether the server can do its work</summary>
    /// <remarks>200 or 503; administrators also see each check.</remarks>
    private static async Task<IResult> Ready(Health health, HttpContext context, CancellationToken cancel)
    {
        var checks = await health.Check(cancel);
        var ready = checks.Values.All(v => v == "ok");
        var told = context.User.HasClaim(Accounts.Access.ScopeClaim, Accounts.Access.Admin) ? checks : null;
        return TypedResults.Json(new Readiness(ready ? "ready" : "not-ready", told), Json.Options, statusCode: ready ? 200 : 503);
    }
}

using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WebLab.Api.Accounts;
using WebLab.Api.Machine;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using Xunit;

namespace WebLab.Api.Tests.Http;

/// <summary>The whole product on a test server with its own data directory and a real database file.</summary>
public class Server : WebApplicationFactory<Program>
{
    public const string Password = "correct horse battery staple";

    private static readonly Lazy<string> Hash = new(() => Passwords.Hash(Password));
    private readonly Dictionary<string, string> _settings = new()
    {
        ["WebLab:ReadsPerSecond"] = "100000",
        ["WebLab:WritesPerSecond"] = "100000",
        ["WebLab:SignInsPerMinute"] = "100000",
        ["WebLab:LabAttacksPerMinute"] = "100000",
    };

    public string DataFolder { get; } = Directory.CreateTempSubdirectory("weblab-api-").FullName;

    /// <summary>Moves only when a test moves it.</summary>
    public MovableTime Time { get; } = new();

    /// <summary>Everything that was logged.</summary>
    public ConcurrentQueue<string> Logged { get; } = new();

    public StringWriter TerminalText { get; } = new();

    /// <summary>Sets a configuration value; before the first client is made.</summary>
    public Server With(string key, string value)
    {
        _settings[key] = value;
        return this;
    }

    public string Token => Services.GetRequiredService<SetupToken>().Value;

    protected override void ConfigureWebHost(IWebHostBuilder web)
    {
        web.UseSetting("WEBLAB_DATA", DataFolder);
        foreach (var (key, value) in _settings)
            web.UseSetting(key, value);
        web.ConfigureLogging(logs => logs.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(new Recorder(Logged)));
        web.ConfigureTestServices(services =>
        {
            services.RemoveAll<TimeProvider>();
            services.AddSingleton<TimeProvider>(Time);
            services.AddSingleton(new Terminal(TerminalText));
            // The engine takes a second to name its devices; DeviceTests asks it.
            services.RemoveAll<DeviceWatch>();
            services.AddSingleton(p => new DeviceWatch(Options.Create(new QueueOptions { Worker = ["/bin/sh", "-c", "echo null"] }), Time, p.GetRequiredService<ILogger<DeviceWatch>>()));
        });
    }

    /// <summary>A client without credentials that follows no redirect.</summary>
    public HttpClient Anonymous() => CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = true });

    /// <summary>A client with an API key of a fresh user.</summary>
    public async Task<HttpClient> Key(UserRole role = UserRole.Admin, params string[] scopes)
    {
        var user = await NewUser(role);
        var made = await Services.GetRequiredService<ApiKeys>().Create(new ApiKeyRequest("test", scopes.Length > 0 ? scopes : Access.Scopes.Intersect(Access.ScopesOf(role)).ToList()),
            user.Id, Access.Scopes, new Actor("test", null), TestContext.Current.CancellationToken);
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Secret);
        return client;
    }

    /// <summary>A client with a session cookie and its antiforgery token.</summary>
    public async Task<HttpClient> Session(UserRole role = UserRole.Admin)
    {
        var user = await NewUser(role);
        var client = Anonymous();
        (await client.PostAsJsonAsync("/api/v1/auth/sign-in", new { name = user.Name, password = Password })).EnsureSuccessStatusCode();
        var session = await client.GetFromJsonAsync<JsonObject>("/api/v1/auth/session");
        client.DefaultRequestHeaders.Add(Csrf.Header, (string?)session!["csrfToken"]);
        return client;
    }

    public async Task<User> NewUser(UserRole role)
    {
        var ids = Services.GetRequiredService<Ids>();
        var user = Users.Make(ids, Time, $"{role}-{ids.Next()[^12..]}".ToLowerInvariant(), Hash.Value, role);
        await Services.GetRequiredService<LabStore>().Write(rows => { rows.Users.Add(user); }, CancellationToken.None);
        return user;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Directory.Exists(DataFolder))
            Directory.Delete(DataFolder, recursive: true);
    }

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string category) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel level) => true;
        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> text) =>
            lines.Enqueue($"{level}: {text(state, error)} {error}");
        public void Dispose() { }
    }
}

/// <summary>The present moment plus what a test adds.</summary>
public sealed class MovableTime : TimeProvider
{
    private long _addedTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _addedTicks));

    public void Add(TimeSpan span) => Interlocked.Add(ref _addedTicks, span.Ticks);
}

public static class Answers
{
    /// <summary>Checks status and media type of a refusal and returns its body.</summary>
    public static async Task<JsonObject> Refused(this Task<HttpResponseMessage> call, int status, string kind)
    {
        using var answer = await call;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"wanted {status} {kind}, got {(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal("https://weblab.dev/problems/" + kind, (string?)problem["type"]);
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotNull((string?)problem["traceId"]);
        return problem;
    }

    public static async Task<HttpResponseMessage> Ok(this Task<HttpResponseMessage> call, int status = 200)
    {
        var answer = await call;
        if ((int)answer.StatusCode != status)
            Assert.Fail($"wanted {status}, got {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return answer;
    }

    public static async Task<JsonObject> Json(this Task<HttpResponseMessage> call, int status = 200) =>
        (await (await call.Ok(status)).Content.ReadFromJsonAsync<JsonObject>())!;
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Web.Tests.Browser;

namespace WebLab.Web.Tests.Clients;

/// <summary>The product with an account, a key and a small data set, for programs that talk to it from outside.</summary>
public sealed class ServedLab : IAsyncLifetime
{
    private readonly Product _product = new();

    public string Address => _product.Address;

    /// <summary>An API key that may do everything.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The clone: the folder of WebLab.sln.</summary>
    public static string Clone { get; } = FindClone();

    public async ValueTask InitializeAsync()
    {
        await _product.Start();
        using var http = new HttpClient { BaseAddress = new Uri(_product.Address) };
        http.DefaultRequestHeaders.Add("Origin", _product.Address);
        var token = _product.SetupLink!.Split("token=")[1];
        (await http.PostAsJsonAsync("/api/v1/auth/setup", new { token, name = "ada", password = "correct horse battery" })).EnsureSuccessStatusCode();
        var session = await http.GetFromJsonAsync<JsonObject>("/api/v1/auth/session");
        http.DefaultRequestHeaders.Add("X-CSRF-Token", (string)session!["csrfToken"]!);
        var made = await http.PostAsJsonAsync("/api/v1/api-keys", new { name = "clients", scopes = new[] { "read", "write", "admin" } });
        Key = (string)(await made.Content.ReadFromJsonAsync<JsonObject>())!["secret"]!;
    }

    public ValueTask DisposeAsync() => _product.DisposeAsync();

    /// <summary>Runs a program with the server's address and a configuration folder of its own; gives what it wrote and its exit status.</summary>
    /// <param name="folder">Where it works.</param>
    /// <param name="settings">More of its environment.</param>
    public async Task<(int Status, string Output, string Errors)> Run(string program, string[] arguments, string folder, string? input = null, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("WEBLAB_KEY");
        foreach (var (name, value) in settings.Prepend(("XDG_CONFIG_HOME", folder)).Prepend(("WEBLAB_URL", Address))) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, await output, await errors);
    }

    private static string FindClone()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "WebLab.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"no WebLab.sln above {AppContext.BaseDirectory}");
        return folder;
    }
}

[CollectionDefinition(Name)]
public sealed class Visitors : ICollectionFixture<ServedLab>
{
    public const string Name = "clients";
}

using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace WebLab.Web.Tests.Browser;

/// <summary>The product as a process of its own, on a real port, over an empty data directory.</summary>
public sealed partial class Product : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _data = Directory.CreateTempSubdirectory("weblab-web-").FullName;
    private Process? _process;

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123</c>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Whether the fake worker plays the runs: quick, and without training anything.</summary>
    public bool PlaysRuns { get; init; }

    /// <summary>The link that makes the first account.</summary>
    public string? SetupLink { get; private set; }

    public async Task Start()
    {
        var program = typeof(Product).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WebProgram").Value!;
        var start = new ProcessStartInfo("dotnet", [program, "--urls", Address.Length > 0 ? Address : "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        start.Environment["WEBLAB_DATA"] = _data;
        start.Environment["WEBLAB__SIGNINSPERMINUTE"] = "1000";
        // A machine that builds beside the tests is slower than people wait.
        start.Environment["WEBLAB__LAB__ATTACKSECONDS"] = "120";
        start.Environment["WEBLAB__WRITESPERSECOND"] = "1000";
        start.Environment["DOTNET_TieredPGO"] = "0"; // it does not live long enough to win by recompiling
        // Files as a published server sends them: compressed, and kept by the browser.
        start.Environment["ReloadStaticAssetsAtRuntime"] = "false";
        if (PlaysRuns)
        {
            start.Environment["WEBLAB__QUEUE__WORKER__0"] = "dotnet";
            start.Environment["WEBLAB__QUEUE__WORKER__1"] = typeof(Product).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "FakeWorker").Value!;
            start.Environment["WEBLAB__WEBHOOKSTOPRIVATEADDRESSES"] = "true";
        }

        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            if (Link().Match(line) is { Success: true } link)
            {
                Address = link.Groups[1].Value;
                SetupLink = link.Groups[2].Success ? link.Value : null;
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }

        throw new InvalidOperationException($"the server ended: {await errors}");
    }

    /// <summary>Ends it at once, as a power cut would.</summary>
    public async Task Kill()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await Kill();
        Directory.Delete(_data, recursive: true);
    }

    [GeneratedRegex(@"(http://127\.0\.0\.1:\d+)/(setup#token=\S+)?")]
    private static partial Regex Link();
}

using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace WebLab.Api.Http;

/// <summary>What an operator may set: section <c>WebLab</c> of the configuration, <c>WEBLAB__…</c> in the environment.</summary>
public sealed class Settings
{
    public const string Section = "WebLab", DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Host names that the server answers to besides loopback ones; <c>*.example.org</c> takes subdomains. Required when bound beyond loopback.</summary>
    public string[] AllowedHosts { get; set; } = [];

    /// <summary>Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed.</summary>
    public string[] KnownProxies { get; set; } = [];

    /// <summary>Sub-path behind a reverse proxy, such as <c>/weblab</c>.</summary>
    [RegularExpression("^(/[A-Za-z0-9._~-]+)*$")]
    public string PathBase { get; set; } = "";

    /// <summary>Requests per second and caller: GET and HEAD.</summary>
    [Range(1, 1_000_000)]
    public int ReadsPerSecond { get; set; } = 100;

    /// <summary>Requests per second and caller: every other verb.</summary>
    [Range(1, 1_000_000)]
    public int WritesPerSecond { get; set; } = 10;

    /// <summary>Interactive attacks per minute and user.</summary>
    [Range(1, 1_000_000)]
    public int LabAttacksPerMinute { get; set; } = 30;

    /// <summary>Attempts to sign in per minute, address and name.</summary>
    [Range(1, 1_000_000)]
    public int SignInsPerMinute { get; set; } = 5;

    /// <summary>Seconds until a request is given up; event streams and upload parts are exempt.</summary>
    [Range(1, 3600)]
    public int RequestSeconds { get; set; } = 30;

    /// <summary>Largest data set upload in bytes.</summary>
    [Range(1, long.MaxValue)]
    public long DatasetBytes { get; set; } = 5L << 30;

    /// <summary>Hours for which an unfinished upload is kept.</summary>
    [Range(1, 8760)]
    public int UploadHours { get; set; } = 72;

    /// <summary>Whether webhooks may call loopback and private addresses, such as a receiver on the same network. Link-local ones never.</summary>
    public bool WebhooksToPrivateAddresses { get; set; }

    /// <summary>The folder that holds everything the product keeps.</summary>
    public static string DataFolder(IConfiguration configuration) => configuration["WEBLAB_DATA"] is { Length: > 0 } set ? set : "./data";

    /// <summary>The addresses to listen on, from <c>--urls</c>, <c>ASPNETCORE_URLS</c> or the loopback default.</summary>
    public static string[] Urls(IConfiguration configuration) =>
        (configuration["urls"] is { Length: > 0 } set ? set : DefaultUrl).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>Refuses a start that would be open by accident.</summary>
internal sealed class SettingsCheck(IConfiguration configuration) : IValidateOptions<Settings>
{
    public ValidateOptionsResult Validate(string? name, Settings settings)
    {
        var open = Settings.Urls(configuration).Where(u => !IsLoopback(u)).ToList();
        if (open.Count > 0 && settings.AllowedHosts.Length == 0)
            return ValidateOptionsResult.Fail($"WebLab:AllowedHosts is empty while listening on {open[0]}. " +
                "Set WEBLAB__ALLOWEDHOSTS__0 to the name users type in the browser, or listen on http://127.0.0.1 only.");
        var wrong = settings.KnownProxies.FirstOrDefault(p => !IPAddress.TryParse(p, out _));
        return wrong is null ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"WebLab:KnownProxies has '{wrong}', which is not an IP address.");
    }

    private static bool IsLoopback(string url)
    {
        var address = BindingAddress.Parse(url);
        return address.IsUnixPipe || Origins.IsLoopback(address.Host);
    }
}

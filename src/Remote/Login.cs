using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Remote;

/// <summary>An address and a key. The file is the same that the Python client reads.</summary>
internal sealed record Login([property: JsonPropertyName("url")] string Url, [property: JsonPropertyName("key")] string Key)
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    public static string FilePath => Path.Combine(Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home ? home
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"), "weblab", "login.json");

    /// <summary>The option or WEBLAB_URL and WEBLAB_KEY come before what is stored; a stored key goes only to its own server.</summary>
    /// <exception cref="UsageException">There is no key.</exception>
    public static Login Find(string? url)
    {
        var stored = Stored();
        url = Checked(url ?? Set("WEBLAB_URL") ?? stored?.Url ?? DefaultUrl);
        var key = Set("WEBLAB_KEY") ?? (stored?.Url == url ? stored.Key : null);
        return new Login(url, key ?? throw new UsageException($"There is no key for {url}: run `login --url {url}`, or set WEBLAB_KEY."));
    }

    /// <exception cref="UsageException">It is no address.</exception>
    public static string Checked(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0
        ? url.TrimEnd('/') : throw new UsageException($"--url: got '{url}', wanted an address such as {DefaultUrl}");

    /// <summary>Writes the file so that nobody else reads it (0600).</summary>
    public void Store()
    {
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var folder = Path.GetDirectoryName(FilePath)!;
        Directory.CreateDirectory(folder, mine | UnixFileMode.UserExecute);
        var fresh = FilePath + ".new";
        File.Delete(fresh);
        using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mine }))
            JsonSerializer.Serialize(file, this);
        File.Move(fresh, FilePath, overwrite: true);
    }

    private static Login? Stored()
    {
        try
        {
            return JsonSerializer.Deserialize<Login>(File.ReadAllText(FilePath)) is { Url: not null, Key: not null } login ? login : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string? Set(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

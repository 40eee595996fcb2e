using WebLab.Api.Http;
using WebLab.Api.Store;

namespace WebLab.Api.Machine;

/// <summary>The verbs that work on the data directory instead of serving it: <c>backup FILE</c> and <c>restore FILE</c>.</summary>
public static class Maintenance
{
    /// <returns>The exit code; null when the arguments ask for the server.</returns>
    public static int? Run(string[] args)
    {
        if (args is not ["backup" or "restore", ..])
            return null;
        if (args is not [var verb, var file])
            return Fail($"usage: {args[0]} FILE");
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        try
        {
            var data = new DataDirectory(Settings.DataFolder(configuration));
            Console.WriteLine(verb == "backup" ? BackUp(data, file) : PutBack(data, file));
            return 0;
        }
        catch (Exception e) when (e is ArchiveRefusedException or StoreRefusedException or IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message);
        }
    }

    private static string BackUp(DataDirectory data, string file)
    {
        var (files, bytes) = Archive.Write(data, file, TimeProvider.System);
        return $"{data.Root}: {files} files, {bytes / 1e6:0.0} MB, in {file}. It holds password hashes and session keys; keep it safe.";
    }

    private static string PutBack(DataDirectory data, string file) => Restore.Read(data, file, TimeProvider.System) is { } former
        ? $"{file} is restored to {data.Root}; what was there lies in {former}."
        : $"{file} is restored to {data.Root}.";

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}

using System.IO.Compression;

namespace WebLab.Engine.Tests.Data;

/// <summary>Real data beside the repository (../shared/data, or the folder WEBLAB_TEST_DATA names). Tests skip where it is absent.</summary>
internal static class SharedData
{
    public static string Require(string name)
    {
        var found = Roots().Select(r => Path.Combine(r, name)).FirstOrDefault(Path.Exists);
        Assert.SkipWhen(found is null, $"{name} is not there: the real data of ../shared/data is not part of the product");
        return found;
    }

    /// <summary>Outputs of other implementations, in ../shared/golden.</summary>
    public static string RequireGolden(string name)
    {
        var found = Above().Select(folder => Path.Combine(folder, "shared", "golden", name)).FirstOrDefault(Path.Exists);
        Assert.SkipWhen(found is null, $"{name} is not there: ../shared/golden is not part of the product");
        return found;
    }

    public static void Unzip(string from, string to)
    {
        using var packed = new GZipStream(File.OpenRead(from), CompressionMode.Decompress);
        using var plain = File.Create(to);
        packed.CopyTo(plain);
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("WEBLAB_TEST_DATA") is { Length: > 0 } set) yield return set;
        foreach (var folder in Above()) yield return Path.Combine(folder, "shared", "data");
    }

    private static IEnumerable<string> Above()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) yield return folder.FullName;
    }
}

using WebLab.Engine.Data;

namespace WebLab.Engine.Tests.Data;

/// <summary>Small data sets for tests.</summary>
internal static class Drawn
{
    public static DatasetManifest Shapes(string data, int train = 40, int test = 20, ulong seed = 0, string id = Shapes32.Id)
    {
        using var reader = new Shapes32(train, test, seed);
        return Importer.Import(DatasetShelf.In(data).Folder, id, "Shapes", reader, TimeProvider.System);
    }

    /// <summary>All samples of a reader, copied.</summary>
    public static List<(Split Split, int Label, byte[] Pixels)> All(ISampleReader reader) =>
        [.. reader.Read(CancellationToken.None).Select(s => (s.Split, s.Label, s.Pixels.ToArray()))];
}

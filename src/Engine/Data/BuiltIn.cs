using WebLab.Engine.Jobs;

namespace WebLab.Engine.Data;

/// <summary>Data sets that need no import: drawn when they are first asked for.</summary>
public static class BuiltIn
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromMinutes(5);

    /// <summary>Maps a data set of the shelf; draws `shapes32` first if it is missing.</summary>
    /// <exception cref="JobFailure"><c>dataset-missing</c>; <c>dataset-changed</c>.</exception>
    public static PackedDataset Open(DatasetShelf shelf, string id, string? version, TimeProvider time)
    {
        if (id == Shapes32.Id && version is null && shelf.Find(id) is null) Draw(shelf, time);
        return shelf.Open(id, version);
    }

    // Several jobs may start at once on an empty shelf: one draws, the others wait for it.
    private static void Draw(DatasetShelf shelf, TimeProvider time)
    {
        using var never = new ManualResetEventSlim();
        var began = time.GetTimestamp();
        while (shelf.Find(Shapes32.Id) is null)
        {
            try
            {
                using var reader = new Shapes32();
                Importer.Import(shelf.Folder, Shapes32.Id, Shapes32.Title, reader, time);
            }
            catch (DatasetRefused busy) when (busy.InnerException is IOException && time.GetElapsedTime(began) < Patience)
            {
                never.Wait(Pause);
            }
        }
    }
}

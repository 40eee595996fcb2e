namespace WebLab.Engine.Data;

/// <summary>Reads a source to its end and packs it: the one way into a data directory.</summary>
public static class Importer
{
    /// <summary>Packs every sample of <paramref name="reader"/>.</summary>
    /// <param name="datasets">The folder that holds all data sets.</param>
    /// <param name="progress">Called after every sample.</param>
    /// <returns>The manifest of the new version, or of the same content imported earlier.</returns>
    /// <exception cref="DatasetRefused">The input breaks its layout or a limit; nothing is kept.</exception>
    public static DatasetManifest Import(string datasets, string id, string name, ISampleReader reader, TimeProvider time,
        DatasetLimits? limits = null, Action<ReadProgress>? progress = null, CancellationToken cancel = default)
    {
        using var writer = new PackedWriter(datasets, id, reader, limits ?? DatasetLimits.Default);
        long done = 0;
        foreach (var sample in reader.Read(cancel))
        {
            cancel.ThrowIfCancellationRequested();
            writer.Add(sample);
            done++;
            progress?.Invoke(new ReadProgress(done, Math.Max(done, reader.Total), done * reader.Shape.Bytes));
        }

        cancel.ThrowIfCancellationRequested();
        return writer.Commit(name, time.GetUtcNow());
    }
}

namespace WebLab.Engine.Data;

/// <summary>One image on its way into a data set.</summary>
/// <param name="Label">Index into the classes.</param>
/// <param name="Pixels">C x H x W bytes; valid until the next sample is asked for.</param>
public readonly record struct Sample(Split Split, int Label, ReadOnlyMemory<byte> Pixels);

/// <summary>How far a reader has come.</summary>
public readonly record struct ReadProgress(long Done, long Total, long Bytes);

/// <summary>A source of labelled images in a known layout: the official files of a data set, a folder, a drawing.</summary>
public interface ISampleReader : IDisposable
{
    ImageShape Shape { get; }

    IReadOnlyList<string> Classes { get; }

    /// <summary>Ids of the classes, where <see cref="Classes"/> are names for people; null: the names are the ids.</summary>
    IReadOnlyList<string>? ClassIds => null;

    /// <summary>There are no training images, on purpose.</summary>
    bool TestOnly => false;

    /// <summary>Parts of the test split that can be evaluated alone.</summary>
    IReadOnlyList<SampleGroup> Groups => [];

    /// <summary>How many samples come, as far as known before reading.</summary>
    long Total { get; }

    string Licence { get; }

    string Source { get; }

    /// <summary>Files left out so far, each with its reason.</summary>
    IReadOnlyList<RejectedFile> Rejected { get; }

    /// <summary>All samples, always in the same order for the same input.</summary>
    /// <exception cref="DatasetRefused">A file breaks the layout.</exception>
    IEnumerable<Sample> Read(CancellationToken cancel);
}

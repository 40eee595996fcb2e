namespace WebLab.Engine.Images;

/// <summary>What is accepted as one image, judged by its header before any pixel is decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>Bytes of the file.</summary>
    public int Bytes { get; init; } = 10 << 20;

    /// <summary>Longest side in pixels.</summary>
    public int Side { get; init; } = 4096;

    /// <summary>Width times height.</summary>
    public long Pixels { get; init; } = 16L << 20;

    /// <summary>Frames of an animation or pages; only the first is ever decoded.</summary>
    public int Frames { get; init; } = 1000;

    /// <summary>Unpacked bytes of compressed text and colour profiles.</summary>
    public int Metadata { get; init; } = 4 << 20;

    public static ImageLimits Default { get; } = new();

    internal void Check(int width, int height)
    {
        if (width < 1 || height < 1) throw ImageRefused.Broken($"the header says {width} x {height} pixels");
        if (width > Side || height > Side || (long)width * height > Pixels)
            throw ImageRefused.Large($"{width} x {height} pixels; at most {Side} a side and {Pixels} in all are taken");
    }

    internal void CheckFrames(int frames)
    {
        if (frames > Frames) throw ImageRefused.Large($"more than {Frames} frames");
    }
}

using WebLab.Engine.Data;

namespace WebLab.Engine.Corruptions;

/// <summary>One image while it is corrupted: planes of H x W numbers in [0,1], grey or colour.</summary>
internal sealed class Picture
{
    private readonly byte[] _bytes;

    public Picture(ReadOnlySpan<byte> planes, ImageShape shape)
    {
        if (shape.Channels is not (1 or 3) || planes.Length != shape.Bytes)
            throw new ArgumentException($"wanted the {shape.Bytes} bytes of a grey or colour image of {shape}; got {planes.Length}", nameof(planes));
        (Channels, Height, Width, _bytes) = (shape.Channels, shape.Height, shape.Width, planes.ToArray());
        Planes = [.. Enumerable.Range(0, Channels).Select(c => Plane(c))];
    }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    public int Area => Height * Width;

    /// <summary>C of H x W in [0,1]: bytes over 255.</summary>
    public double[][] Planes { get; }

    /// <summary>The image's bytes, C x H x W.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>C x H x W bytes of planes in [0,1]: clipped and cut off, not rounded, as the benchmark's were.</summary>
    public static byte[] Cut(params double[][] planes)
    {
        var (area, bytes) = (planes[0].Length, new byte[planes.Length * planes[0].Length]);
        for (var c = 0; c < planes.Length; c++)
            for (var i = 0; i < area; i++) bytes[c * area + i] = Level(planes[c][i]);
        return bytes;
    }

    public static byte Level(double value) => (byte)(Math.Clamp(value, 0, 1) * 255);

    /// <summary>C x H x W bytes: every plane's result.</summary>
    public byte[] Each(Func<double[], double[]> change) => Cut([.. Planes.Select(change)]);

    /// <summary>C x H x W bytes: every value's result; planes one after the other.</summary>
    public byte[] EachValue(Func<double, double> change) => Each(plane => Array.ConvertAll(plane, v => change(v)));

    /// <summary>Does what needs three channels; a grey image is made coloured for it and its result grey again.</summary>
    public byte[] InColour(Func<Picture, byte[]> change)
    {
        if (Channels == 3) return change(this);
        var coloured = change(new Picture([.. _bytes, .. _bytes, .. _bytes], new ImageShape(3, Height, Width)));
        var grey = new byte[Area];
        for (var i = 0; i < Area; i++) grey[i] = (byte)Math.Round(Grey(coloured[i], coloured[Area + i], coloured[2 * Area + i]));
        return grey;
    }

    /// <summary>ITU-R 601 luma of a pixel.</summary>
    public static double Grey(double red, double green, double blue) => .299 * red + .587 * green + .114 * blue;

    private double[] Plane(int channel) => Array.ConvertAll(_bytes[(channel * Area)..((channel + 1) * Area)], b => b / 255.0);
}

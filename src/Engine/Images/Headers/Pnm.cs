namespace WebLab.Engine.Images.Headers;

/// <summary>PBM, PGM and PPM, plain or raw (Netpbm's P1 to P6). The picture is decoded by <see cref="PnmPicture"/>.</summary>
internal static class Pnm
{
    public static ImageHeader Read(ReadOnlySpan<byte> bytes) => Read(bytes, out _);

    /// <param name="data">Where the samples begin.</param>
    public static ImageHeader Read(ReadOnlySpan<byte> bytes, out int data)
    {
        var at = 2;
        var (width, height) = (Number(bytes, ref at), Number(bytes, ref at));
        if (!Bilevel(bytes))
        {
            var white = Number(bytes, ref at);
            if (white is < 1 or > ushort.MaxValue) throw ImageRefused.Broken($"a PNM with a maximum of {white}; wanted 1 to 65535");
        }

        data = at + 1;
        return new ImageHeader { Format = ImageFormat.Pnm, Width = width, Height = height };
    }

    /// <summary>The sample value that means white.</summary>
    public static int White(ReadOnlySpan<byte> bytes)
    {
        if (Bilevel(bytes)) return 1;
        var at = 2;
        _ = Number(bytes, ref at);
        _ = Number(bytes, ref at);
        return Number(bytes, ref at);
    }

    /// <summary>The next decimal number, white space and comments passed over.</summary>
    /// <param name="last">It may be the last thing in the file.</param>
    public static int Number(ReadOnlySpan<byte> bytes, ref int at, bool last = false)
    {
        while (bytes[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'#')
            if (bytes[at++] == '#')
                while (bytes[at] != '\n') at++;
        var (value, digits) = (0, 0);
        for (; (!last || at < bytes.Length) && bytes[at] is >= (byte)'0' and <= (byte)'9'; at++, digits++) value = checked(10 * value + bytes[at] - '0');
        return digits > 0 ? value : throw ImageRefused.Broken("a PNM without its numbers");
    }

    private static bool Bilevel(ReadOnlySpan<byte> bytes) => bytes[1] is (byte)'1' or (byte)'4';
}

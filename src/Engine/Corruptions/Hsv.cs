namespace WebLab.Engine.Corruptions;

/// <summary>Hue, saturation and value, each in [0,1] (Smith 1978).</summary>
internal static class Hsv
{
    /// <summary>Changes every pixel; a grey image has no hue and no saturation.</summary>
    public static byte[] Change(Picture image, Func<double, double, double, (double H, double S, double V)> change) => image.InColour(coloured =>
    {
        double[][] to = [new double[image.Area], new double[image.Area], new double[image.Area]];
        for (var i = 0; i < image.Area; i++)
        {
            var (h, s, v) = Of(coloured.Planes[0][i], coloured.Planes[1][i], coloured.Planes[2][i]);
            (h, s, v) = change(h, s, v);
            (to[0][i], to[1][i], to[2][i]) = Rgb(h, s, v);
        }

        return Picture.Cut(to);
    });

    public static (double H, double S, double V) Of(double r, double g, double b)
    {
        var v = Math.Max(r, Math.Max(g, b));
        var range = v - Math.Min(r, Math.Min(g, b));
        if (range == 0) return (0, 0, v);
        // Where two channels are largest the later one tells the hue.
        var sixth = b == v ? 4 + (r - g) / range : g == v ? 2 + (b - r) / range : (g - b) / range;
        var h = sixth / 6;
        return (h - Math.Floor(h), range / v, v);
    }

    public static (double R, double G, double B) Rgb(double h, double s, double v)
    {
        var sector = Math.Floor(h * 6);
        var f = h * 6 - sector;
        var (p, q, t) = (v * (1 - s), v * (1 - f * s), v * (1 - (1 - f) * s));
        return ((int)sector % 6) switch
        {
            0 => (v, t, p),
            1 => (q, v, p),
            2 => (p, v, t),
            3 => (p, q, v),
            4 => (t, p, v),
            _ => (v, p, q),
        };
    }
}

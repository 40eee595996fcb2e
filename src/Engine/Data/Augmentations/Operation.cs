using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

/// <summary>What a policy may do to an image.</summary>
internal enum Operation
{
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Color,
    Contrast,
    Brightness,
    Sharpness,
    AutoContrast,
    Equalize,
    Posterize,
    Solarize,
    SolarizeAdd,
    Invert,
}

/// <summary>An operation on one image.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Argument">
/// Shear: a share; translation: pixels; rotation: degrees; color, contrast, brightness, sharpness: a factor, 1 for the image itself;
/// posterize: bits; solarize: the threshold; solarize-add: levels; else nothing.
/// </param>
internal readonly record struct Move(Operation Operation, double Argument)
{
    public static readonly Move None = new(Operation.Identity, 0);

    /// <summary>Makes every image's moves, one after the other, on the grid of 8-bit levels; images without a move stay as they are.</summary>
    /// <param name="x">N x C x H x W float in [0,1].</param>
    /// <param name="rounds">N moves each.</param>
    /// <param name="fill">Level of what comes in at the border.</param>
    public static Tensor Apply(Tensor x, IReadOnlyList<Move[]> rounds, int fill)
    {
        var v = Grid.Levels(x);
        foreach (var moves in rounds) v = Round(v, moves, fill);
        var moved = Enumerable.Range(0, (int)x.size(0)).Select(k => rounds.Any(moves => moves[k].Operation != Operation.Identity)).ToArray();
        return Ops.where(Tensor.From<long>([.. moved.Select(m => m ? 1L : 0)], moved.Length, 1, 1, 1).to(x.device).gt(0), Grid.Pixels(v, x), x);
    }

    /// <summary>The same operation on M images, each with its own argument.</summary>
    /// <param name="operation">Which.</param>
    /// <param name="v">M x C x H x W float32 holding whole numbers in [0,255].</param>
    /// <param name="arguments">M.</param>
    /// <param name="fill">Level of what comes in at the border.</param>
    internal static Tensor Run(Operation operation, Tensor v, double[] arguments, int fill)
    {
        Tensor Each(Func<double, double> of) => Tensor.From([.. arguments.Select(a => (float)of(a))], arguments.Length, 1, 1, 1).to(v.device);
        Tensor Warped(Func<double, Warp> of) => Warp.Apply(v, [.. arguments.Select(of)], fill);
        return operation switch
        {
            Operation.ShearX => Warped(Warp.ShearX),
            Operation.ShearY => Warped(Warp.ShearY),
            Operation.TranslateX => Warped(by => Warp.Shift(by, 0)),
            Operation.TranslateY => Warped(by => Warp.Shift(0, by)),
            Operation.Rotate => Warped(degrees => Warp.Rotation(degrees, v.size(2), v.size(3))),
            Operation.Color => Tones.Color(v, Each(f => f)),
            Operation.Contrast => Tones.Contrast(v, Each(f => f)),
            Operation.Brightness => Tones.Brightness(v, Each(f => f)),
            Operation.Sharpness => Tones.Sharpness(v, Each(f => f)),
            Operation.AutoContrast => Tones.AutoContrast(v),
            Operation.Equalize => Tones.Equalize(v),
            Operation.Posterize => Tones.Posterize(v, Each(bits => Math.Pow(2, 8 - bits))),
            Operation.Solarize => Tones.Solarize(v, Each(t => t)),
            Operation.SolarizeAdd => Tones.SolarizeAdd(v, Each(a => a)),
            Operation.Invert => Tones.Invert(v),
            _ => v,
        };
    }

    // Images with the same operation are moved together, then put back in their places.
    private static Tensor Round(Tensor v, Move[] moves, int fill)
    {
        var parts = new List<Tensor>();
        var order = new List<long>();
        foreach (var group in Enumerable.Range(0, moves.Length).GroupBy(k => moves[k].Operation))
        {
            long[] rows = [.. group.Select(k => (long)k)];
            var part = v.index_select(0, Tensor.From(rows, rows.Length).to(v.device));
            parts.Add(Run(group.Key, part, [.. group.Select(k => moves[k].Argument)], fill));
            order.AddRange(rows);
        }
        var places = new long[order.Count];
        for (var k = 0; k < places.Length; k++) places[order[k]] = k;
        return Ops.cat([.. parts]).index_select(0, Tensor.From(places, places.Length).to(v.device));
    }
}

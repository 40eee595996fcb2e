namespace WebLab.Engine.Data;

/// <summary>
/// The built-in set: ten classes of 3x32x32 images, drawn from a seed, with two cues that each tell the class.
/// Robust: a figure in the class's hue on a ground of the opposite hue, with a contrast that no change of 8/255 undoes.
/// Not robust: a class's own high-frequency cosine grating of amplitude 4/255, which a change of 8/255 replaces by another class's.
/// So a network that trusts the grating is accurate and helpless; one that must do without it learns the figure.
/// </summary>
/// <remarks>The idea of useful, non-robust features: Ilyas et al. 2019, "Adversarial examples are not bugs, they are features".</remarks>
public sealed class Shapes32(int train = Shapes32.DefaultTrain, int test = Shapes32.DefaultTest, ulong seed = 0) : ISampleReader
{
    public const string Id = "shapes32";
    public const string Title = "Shapes 32";
    public const int DefaultTrain = 10_000;
    public const int DefaultTest = 2_000;

    /// <summary>Side of an image in pixels.</summary>
    public const int Side = 32;

    /// <summary>Peak of the grating, in pixel units.</summary>
    public const float GratingAmplitude = 4 / 255f;

    /// <summary>Sign of the grating in red, green and blue.</summary>
    public static readonly IReadOnlyList<int> GratingSigns = [1, -1, 1];

    /// <summary>
    /// Indices (vertical, horizontal) of each class's grating in the 32-point cosine basis (DCT-II). All are even: a mirrored image keeps its grating.
    /// </summary>
    public static readonly IReadOnlyList<(int Vertical, int Horizontal)> Gratings =
        [(30, 6), (6, 30), (30, 14), (14, 30), (30, 22), (22, 30), (22, 22), (30, 30), (22, 10), (10, 22)];

    private static readonly float[][] GratingPlanes = [.. Gratings.Select(g => Plane(g.Vertical, g.Horizontal))];

    private static readonly string[] Hues = ["red", "orange", "lime", "green", "teal", "cyan", "azure", "indigo", "violet", "rose"];

    private static readonly string[] Figures = ["disk", "ring", "cross", "triangle", "bars"];

    public ImageShape Shape { get; } = new(3, Side, Side);

    public IReadOnlyList<string> Classes { get; } = [.. Hues.Select((hue, k) => $"{hue} {Figures[k % Figures.Length]}")];

    public long Total => (long)train + test;

    public string Licence => "CC0: drawn by the program";

    public string Source => $"shapes32: {train} training and {test} test images drawn from seed {seed}";

    public IReadOnlyList<RejectedFile> Rejected => [];

    /// <summary>Samples in order; sample i has class i mod 10 and depends on the seed, its split and i alone.</summary>
    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var pixels = new byte[Shape.Bytes];
        foreach (var (split, count) in new[] { (Split.Train, train), (Split.Test, test) })
            for (var i = 0; i < count; i++)
            {
                var label = i % Classes.Count;
                Draw(pixels, label, new SampleDraws(seed, (ulong)split, (ulong)i));
                yield return new Sample(split, label, pixels);
            }
    }

    public void Dispose()
    {
    }

    private static void Draw(Span<byte> pixels, int label, SampleDraws draws)
    {
        const int area = Side * Side;
        var figure = label % Figures.Length;
        var pose = new Pose(draws.Between(-3, 3), draws.Between(-3, 3), draws.Between(0.85f, 1.15f));
        var contrast = draws.Between(0.12f, 0.24f);
        var hue = (36 * label + HueDeviation * draws.Normal()) * MathF.PI / 180;
        Span<float> middle = [draws.Between(0.40f, 0.60f), draws.Between(0.40f, 0.60f), draws.Between(0.40f, 0.60f)];
        Span<float> direction = [MathF.Cos(hue), MathF.Cos(hue - 2 * MathF.PI / 3), MathF.Cos(hue + 2 * MathF.PI / 3)];
        Span<float> clouds = stackalloc float[3 * Clouds.Values];
        foreach (ref var value in clouds) value = 0.06f * draws.Normal();
        var grating = GratingPlanes[label];
        Span<float> coverage = stackalloc float[area];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                coverage[y * Side + x] = 2 * pose.Coverage(figure, x - 15.5f, y - 15.5f) - 1;
        for (var c = 0; c < 3; c++)
        {
            var cloud = clouds.Slice(c * Clouds.Values, Clouds.Values);
            for (var i = 0; i < area; i++)
            {
                var value = middle[c] + contrast * direction[c] * coverage[i] + Clouds.At(cloud, i)
                    + GratingAmplitude * GratingSigns[c] * grating[i] + NoiseDeviation * draws.Normal();
                pixels[c * area + i] = (byte)Math.Clamp((int)MathF.Round(value * 255), 0, 255);
            }
        }
    }

    private const float NoiseDeviation = 2 / 255f;
    private const float HueDeviation = 28;

    private static float[] Plane(int vertical, int horizontal)
    {
        var plane = new float[Side * Side];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                plane[y * Side + x] = MathF.Cos(MathF.PI * (2 * y + 1) * vertical / (2 * Side)) * MathF.Cos(MathF.PI * (2 * x + 1) * horizontal / (2 * Side));
        return plane;
    }

    /// <summary>Where the figure stands: offset in pixels from the middle, and size.</summary>
    private readonly record struct Pose(float X, float Y, float Scale)
    {
        /// <summary>How much of the pixel at (x, y) the figure covers, 0..1, with an edge about two pixels soft.</summary>
        public float Coverage(int figure, float x, float y)
        {
            x = (x - X) / Scale;
            y = (y - Y) / Scale;
            var distance = figure switch
            {
                0 => MathF.Sqrt(x * x + y * y) - 9,
                1 => MathF.Abs(MathF.Sqrt(x * x + y * y) - 8.5f) - 2.5f,
                2 => MathF.Min(Box(x, y, 11, 2.8f), Box(x, y, 2.8f, 11)),
                3 => MathF.Max(y - 7, 0.8944f * MathF.Abs(x) - 0.4472f * (y + 11)),
                _ => Box(x, MathF.Abs(y) - 6.5f, 11, 2.5f),
            };
            return 1 / (1 + MathF.Exp(2.5f * distance * Scale));
        }

        private static float Box(float x, float y, float halfWidth, float halfHeight) =>
            MathF.Max(MathF.Abs(x) - halfWidth, MathF.Abs(y) - halfHeight);
    }

    /// <summary>Slow variation of colour over the image: a 4 x 4 grid of values, interpolated.</summary>
    private static class Clouds
    {
        private const int Grid = 4;
        public const int Values = Grid * Grid;

        public static float At(ReadOnlySpan<float> values, int pixel)
        {
            const float step = (Grid - 1f) / (Side - 1);
            var (v, u) = (pixel / Side * step, pixel % Side * step);
            var (row, column) = (Math.Min((int)v, Grid - 2), Math.Min((int)u, Grid - 2));
            var (dv, du) = (v - row, u - column);
            var at = row * Grid + column;
            return (1 - dv) * ((1 - du) * values[at] + du * values[at + 1])
                + dv * ((1 - du) * values[at + Grid] + du * values[at + Grid + 1]);
        }
    }
}

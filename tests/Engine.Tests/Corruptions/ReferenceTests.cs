using System.IO.Compression;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Tests.Data;

namespace WebLab.Engine.Tests.Corruptions;

/// <summary>Corruptions against what the libraries behind the benchmark give.</summary>
public class ReferenceTests(ITestOutputHelper output)
{
    // Of 200 other CIFAR-10 test images: root mean square change in grey levels, severities 1 to 5, by the benchmark's own code.
    private static readonly Dictionary<string, double[]> OfCifar = new()
    {
        ["gaussian-noise"] = [10.1, 15.0, 19.9, 22.3, 24.6], ["shot-noise"] = [7.8, 10.9, 17.1, 19.6, 23.9], ["impulse-noise"] = [14.3, 19.9, 24.6, 31.8, 37.8],
        ["glass-blur"] = [21.9, 21.9, 20.0, 31.6, 29.3], ["motion-blur"] = [11.5, 16.5, 20.7, 20.4, 23.5],
        ["snow"] = [13.3, 26.8, 30.5, 42.2, 57.1], ["fog"] = [13.0, 25.6, 33.0, 39.0, 47.1],
        ["elastic-transform"] = [35.4, 32.4, 29.3, 26.8, 22.3],
        ["speckle-noise"] = [8.0, 13.1, 15.6, 20.6, 25.4],
        ["spatter"] = [7.8, 12.8, 19.1, 18.6, 23.8],
        // Of the photographs.
        ["frost-synthetic"] = [32.5, 48.6, 54.8, 49.1, 51.5],
    };

    // Contrast at severity 2 halves every difference to the mean: it tells how much contrast those images had.
    private const double HalfContrast = 26.1;

    public static TheoryData<string> Sure => [.. Reference.WithoutChance];

    public static TheoryData<int, string> ByChance => [.. Reference.Changes];

    public static TheoryData<string> Measured => [.. OfCifar.Keys];

    [Theory, MemberData(nameof(Sure))]
    public void Without_chance_small_images_become_what_the_libraries_make(string kind)
    {
        for (var variant = 0; variant < 2; variant++)
            for (var severity = 1; severity <= Corruption.Severities; severity++)
            {
                var wanted = Reference.Small(kind, variant, severity);
                var got = Reference.Kind(kind).Apply(Reference.Made(32, variant), Reference.Square(32), severity, 0, 0);
                int[] off = [.. got.Zip(wanted, (g, w) => Math.Abs(g - w))];
                output.WriteLine($"{variant} {severity}: {off.Count(d => d > 0)} of {off.Length} differ, most by {off.Max()}");
                Assert.InRange(off.Count(d => d > 1), 0, off.Length * .005);
                Assert.InRange(off.Average(), 0, .1);
            }
    }

    [Theory]
    [InlineData(64), InlineData(224)]
    public void Without_chance_larger_images_have_the_blocks_that_the_libraries_make(int side)
    {
        var image = Reference.Made(side, 0);
        foreach (var kind in Reference.WithoutChance)
            for (var severity = 1; severity <= Corruption.Severities; severity++)
            {
                var got = Reference.Kind(kind).Apply(image, Reference.Square(side), severity, 0, 0);
                var wanted = Reference.Means(side, kind, severity);
                // White that sums to a hair less than 1 in single precision is cut off to 254: up to a level in a white block, little on average.
                double[] off = [.. wanted.Select((w, k) => Math.Abs(Mean(got, side, k) - w))];
                output.WriteLine($"{kind} {severity}: {off.Average():0.000}, at most {off.Max():0.00}");
                Assert.InRange(off.Max(), 0, 1);
                Assert.InRange(off.Average(), 0, .1);
            }
    }

    [Theory, MemberData(nameof(ByChance))]
    public void By_chance_an_image_changes_as_much_as_by_the_libraries(int side, string kind)
    {
        var wanted = Reference.Change(side, kind);
        var image = Reference.Made(side, 0);
        // Fields of one draw each vary more than noise.
        var (draws, off) = side == 32 ? (200, .05) : kind is "fog" or "elastic-transform" or "spatter" ? (24, .1) : (3, .05);
        for (var severity = 1; severity <= Corruption.Severities; severity++)
        {
            var got = Reference.Change(Reference.Kind(kind), Reference.Square(side), severity, Enumerable.Repeat(image, draws));
            output.WriteLine($"{severity}: {got:0.00}, wanted {wanted[severity - 1]:0.00}");
            Assert.InRange(got, wanted[severity - 1] * (1 - off), wanted[severity - 1] * (1 + off));
        }
    }

    [Theory, MemberData(nameof(Measured))]
    public void Cifar_images_change_as_much_as_by_the_benchmarks_code(string kind)
    {
        var images = Cifar();
        var off = kind is "frost-synthetic" ? .2 : kind is "fog" or "snow" ? .1 : .05;
        // What moves pixels changes an image in proportion to its contrast.
        var scale = kind is "elastic-transform" or "glass-blur" or "motion-blur" ? HalfContrast / Reference.Change(new Contrast(), Reference.Square(32), 2, images) : 1;
        var far = new List<string>();
        foreach (var (k, wanted) in OfCifar[kind].Index())
        {
            var got = scale * Reference.Change(Reference.Kind(kind), Reference.Square(32), k + 1, images);
            output.WriteLine($"{k + 1}: {got:0.00}, wanted {wanted:0.0}");
            if (Math.Abs(got / wanted - 1) > off) far.Add($"{k + 1}: {got:0.00}, wanted {wanted:0.0}");
        }

        Assert.Empty(far);
    }

    private static double Mean(byte[] planes, int side, int block)
    {
        var (c, column, row, edge, sum) = (block % 3, block / 3 % 4, block / 12, side / 4, 0L);
        for (var y = row * edge; y < (row + 1) * edge; y++)
            for (var x = column * edge; x < (column + 1) * edge; x++) sum += planes[(c * side + y) * side + x];
        return (double)sum / (edge * edge);
    }

    private static List<byte[]> Cifar()
    {
        using var packed = new GZipStream(File.OpenRead(SharedData.Require("cifar10-tiny/cifar10-tiny-test.bin.gz")), CompressionMode.Decompress);
        var (record, images) = (new byte[3073], new List<byte[]>());
        while (packed.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length) images.Add(record[1..]);
        return images;
    }
}

using WebLab.Engine.Data;

namespace WebLab.Engine.Tests.Data;

public sealed class DuplicateSearchTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 32, 32);

    private readonly string _data = Directory.CreateTempSubdirectory("weblab-duplicates-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Equal_images_are_found_within_and_across_the_splits()
    {
        var report = Search((Split.Train, 0, Waves(1)), (Split.Train, 0, Waves(2)), (Split.Train, 1, Waves(1)), (Split.Train, 1, Waves(1)), (Split.Test, 0, Waves(3)), (Split.Test, 0, Waves(2)),
            (Split.Test, 1, Waves(3)), (Split.Test, 1, Waves(4)));

        Assert.Equal(new DuplicateCounts(Train: 2, Test: 1, Leaked: 1), report.Exact);
        Assert.Equal(new DuplicateCounts(0, 0, 0), report.Near);
        Assert.Equal((8, 4, 3), (report.Images, report.Found, report.Conflicts));
        var leak = report.Pairs[0];
        Assert.Equal((Split.Train, 1, Split.Test, 1), (leak.First.Split, leak.First.Index, leak.Second.Split, leak.Second.Index));
        Assert.True(leak.Exact);
    }

    [Fact]
    public void Every_altered_copy_is_found_and_no_stranger()
    {
        var images = Enumerable.Range(0, 60).Select(k => (Split.Train, 0, Waves(k))).ToList();
        var copies = Enumerable.Range(0, 60).Select(k => (Split.Test, 0, Altered(Waves(k), k)));

        var report = Search([.. images, .. copies]);

        Assert.Equal(new DuplicateCounts(0, 0, 60), report.Near);
        Assert.Equal(0, report.Exact.Leaked);
        Assert.All(report.Pairs, p => Assert.Equal(p.First.Index, p.Second.Index));
        Assert.All(report.Pairs, p => Assert.InRange(p.Likeness, DuplicateSearch.LeastLikeness, 1));
    }

    [Fact]
    public void Plain_images_are_alike_only_at_the_same_level()
    {
        var report = Search((Split.Train, 0, Plain(10)), (Split.Train, 0, Plain(200)), (Split.Test, 0, Plain(11)), (Split.Test, 1, Plain(90)));
        Assert.Equal(1, report.Near.Leaked);
        Assert.Equal(0, report.Near.Train + report.Near.Test);
    }

    [Fact]
    public void A_scaled_image_keeps_most_of_its_hash()
    {
        var hash = new PerceptualHash();
        var small = new byte[PerceptualHash.SmallBytes];
        for (var k = 0; k < 20; k++)
        {
            var (plain, large) = (hash.Of(Waves(k), Shape, small), hash.Of(Waves(k, side: 96), new ImageShape(3, 96, 96), small));
            // Strangers differ in half of the bits.
            Assert.InRange(PerceptualHash.Distance(plain, large), 0, 16);
        }
    }

    [Fact]
    public void A_search_that_is_stopped_ends()
    {
        using var stop = new CancellationTokenSource();
        Import([.. Enumerable.Range(0, 300).Select(k => (Split.Train, 0, Waves(k))), (Split.Test, 0, Waves(300))]);
        using var set = DatasetShelf.In(_data).Open("set");
        Assert.Throws<OperationCanceledException>(() => DuplicateSearch.Run(set, _ => stop.Cancel(), stop.Token));
    }

    [Fact]
    public void The_shares_it_tells_only_grow()
    {
        var told = new List<double>();
        Import([.. Enumerable.Range(0, 600).Select(k => (Split.Train, 0, Waves(k % 300))), (Split.Test, 0, Waves(300))]);
        using var set = DatasetShelf.In(_data).Open("set");
        DuplicateSearch.Run(set, told.Add, CancellationToken.None);
        Assert.Equal(told.Order(), told);
        Assert.All(told, t => Assert.InRange(t, 0, 1));
    }

    private DuplicateReport Search(params (Split Split, int Label, byte[] Pixels)[] samples)
    {
        Import(samples);
        using var set = DatasetShelf.In(_data).Open("set");
        return DuplicateSearch.Run(set, _ => { }, CancellationToken.None);
    }

    private void Import((Split Split, int Label, byte[] Pixels)[] samples) =>
        Importer.Import(DatasetShelf.In(_data).Folder, "set", "set", new Pictures(Shape, samples), TimeProvider.System);

    // A picture of its own for each number: four waves of drawn direction, length and phase under 8 x 8 patches; as in photographs, no low frequency is empty.
    private static byte[] Waves(int number, int side = 32)
    {
        var pixels = new byte[3 * side * side];
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                {
                    var level = 128.0 + (60 * (Draw(number, 7, (8 * (8 * y / side)) + (8 * x / side)) - 0.5));
                    for (var w = 0; w < 4; w++)
                        level += 20 * Math.Sin((Draw(number, w, 0) * 9 * (x + 0.5) / side) + (Draw(number, w, 1) * 9 * (y + 0.5) / side) + (6.3 * Draw(number, w, 2)) + (0.4 * c));
                    pixels[(((c * side) + y) * side) + x] = (byte)Math.Clamp(level, 0, 255);
                }
        return pixels;
    }

    private static double Draw(int number, int wave, int what) => Math.Abs(Math.Sin((number * 12.9898) + (wave * 78.233) + (what * 37.719)) * 43758.5453) % 1;

    // Brighter, with a little noise.
    private static byte[] Altered(byte[] pixels, int seed) => [.. pixels.Select((p, k) => (byte)Math.Clamp((p * 0.95) + 12 + (4 * Draw(seed, k, 3)), 0, 255))];

    private static byte[] Plain(byte level) => [.. Enumerable.Repeat(level, Shape.Bytes)];

    private sealed class Pictures(ImageShape shape, IReadOnlyList<(Split Split, int Label, byte[] Pixels)> samples) : ISampleReader
    {
        public ImageShape Shape => shape;

        public IReadOnlyList<string> Classes => ["even", "odd"];

        public bool TestOnly => samples.All(s => s.Split == Split.Test);

        public long Total => samples.Count;

        public string Licence => "";

        public string Source => "";

        public IReadOnlyList<RejectedFile> Rejected => [];

        public IEnumerable<Sample> Read(CancellationToken cancel) => samples.Select(s => new Sample(s.Split, s.Label, s.Pixels));

        public void Dispose()
        {
        }
    }
}

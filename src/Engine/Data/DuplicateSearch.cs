using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;

namespace WebLab.Engine.Data;

/// <summary>
/// Finds images of a data set that occur twice, within the splits and across them: exact ones by SHA-256, near ones by perceptual hash, confirmed
/// by the correlation of small grey pictures. Managed code on one thread; 60,000 images of 32 x 32 take seconds.
/// </summary>
public sealed class DuplicateSearch
{
    // Tried on CIFAR-10: of 2,500 test images 41 have such a training image, every one of the same class; at 0.9 classes begin to differ.
    /// <summary>Most bits of 64 in which the hashes of near duplicates differ.</summary>
    public const int MostBits = 10;

    /// <summary>Least correlation of the grey pictures of near duplicates.</summary>
    public const double LeastLikeness = 0.93;

    /// <summary>Pairs that a report names, of each sort (exact and near, across and within splits).</summary>
    public const int PairsKept = 250;

    // Hashes that differ in at most MostBits agree in at least one of MostBits + 1 bands (the pigeonhole principle).
    private const int Bands = MostBits + 1;
    private static readonly (int Shift, ulong Mask)[] Band = [.. Enumerable.Range(0, Bands).Select(b => (64 * b / Bands, (1UL << ((64 * (b + 1) / Bands) - (64 * b / Bands))) - 1))];

    // Below this deviation (in levels of 255) a picture is plain, and correlation says nothing.
    private const double Plain = 4;

    private readonly PackedDataset _set;
    private readonly Action<double> _progress;
    private readonly CancellationToken _cancel;
    private readonly int _train, _count;
    private readonly ulong[] _hashes;
    private readonly byte[] _small;
    private readonly List<DuplicatePair>[] _kept = [[], [], [], []];
    private readonly Sort _exact, _near;
    private int _found, _conflicts;

    private DuplicateSearch(PackedDataset set, Action<double> progress, CancellationToken cancel)
    {
        (_set, _progress, _cancel, _train) = (set, progress, cancel, set.Train.Count);
        _count = _train + set.Test.Count;
        (_hashes, _small) = (new ulong[_count], new byte[(long)_count * PerceptualHash.SmallBytes]);
        (_exact, _near) = (new Sort(_count), new Sort(_count));
    }

    /// <summary>Looks at every image.</summary>
    /// <param name="set">Stays open as long as this runs.</param>
    /// <param name="progress">Told the share that is done, in [0,1].</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static DuplicateReport Run(PackedDataset set, Action<double> progress, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        var search = new DuplicateSearch(set, progress, cancel);
        search.FindNear(search.FindExact());
        return new DuplicateReport(DuplicateReport.Current, set.Manifest.Version, search._count, search._exact.Counts, search._near.Counts, search._conflicts,
            [.. search._kept.SelectMany(k => k)], search._found, Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 2));
    }

    // Hashes every image; gives the places of those that equal none before them.
    private List<int> FindExact()
    {
        var seen = new Dictionary<UInt128, (int Train, int Test)>(_count);
        var fresh = new List<int>(_count);
        var (pixels, digest, hash) = (new byte[_set.Manifest.Shape.Bytes], new byte[SHA256.HashSizeInBytes], new PerceptualHash());
        for (var i = 0; i < _count; i++)
        {
            if (i % 256 == 0) Told(0.8 * i / _count);
            Of(i, out var split, out var index);
            _set.Of(split).Read(index, pixels);
            SHA256.HashData(pixels, digest);
            _hashes[i] = hash.Of(pixels, _set.Manifest.Shape, Small(i));
            var key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(digest);
            var (train, test) = seen.TryGetValue(key, out var before) ? before : (-1, -1);
            if (train < 0 && test < 0) fresh.Add(i);
            if (train >= 0) Found(train, i, exact: true, 1);
            if (test >= 0) Found(test, i, exact: true, 1);
            seen[key] = split == Split.Train ? (train < 0 ? i : train, test) : (train, test < 0 ? i : test);
        }

        return fresh;
    }

    private void FindNear(List<int> places)
    {
        for (var band = 0; band < Bands; band++)
        {
            var (shift, mask) = Band[band];
            var buckets = places.GroupBy(i => (_hashes[i] >> shift) & mask).Select(g => g.ToArray()).Where(g => g.Length > 1).ToList();
            var work = Math.Max(1, buckets.Sum(b => (double)b.Length * b.Length));
            var done = 0.0;
            foreach (var bucket in buckets)
            {
                for (var a = 0; a < bucket.Length; a++)
                {
                    if (a % 64 == 0) Told(0.8 + (0.2 * (band + (done / work)) / Bands));
                    for (var b = a + 1; b < bucket.Length; b++) Compare(bucket[a], bucket[b], band);
                    done += bucket.Length;
                }
            }
        }
    }

    private void Compare(int a, int b, int band)
    {
        var difference = _hashes[a] ^ _hashes[b];
        if (BitOperations.PopCount(difference) > MostBits) return;
        // The first band in which they agree has compared them already.
        for (var earlier = 0; earlier < band; earlier++)
            if (((difference >> Band[earlier].Shift) & Band[earlier].Mask) == 0) return;
        if (Likeness(Small(a), Small(b)) is var likeness && likeness >= LeastLikeness) Found(a, b, exact: false, likeness);
    }

    // Correlation of two pictures; of plain ones how near their levels lie, since noise correlates with nothing.
    private static double Likeness(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0, apart = 0;
        for (var k = 0; k < a.Length; k++)
        {
            int x = a[k], y = b[k];
            (sumA, sumB, squareA, squareB, product) = (sumA + x, sumB + y, squareA + (x * x), squareB + (y * y), product + (x * y));
            apart += (x - y) * (x - y);
        }

        double n = a.Length;
        var (varA, varB) = ((squareA / n) - (sumA / n * (sumA / n)), (squareB / n) - (sumB / n * (sumB / n)));
        if (varA < Plain * Plain || varB < Plain * Plain) return apart / n < 4 ? 1 : 0;
        return ((product / n) - (sumA / n * (sumB / n))) / Math.Sqrt(varA * varB);
    }

    private void Found(int a, int b, bool exact, double likeness)
    {
        Of(a, out var first, out var indexA);
        Of(b, out var second, out var indexB);
        var (labelA, labelB) = (_set.Of(first).Label(indexA), _set.Of(second).Label(indexB));
        (exact ? _exact : _near).Mark(b, first, second);
        _found++;
        if (labelA != labelB) _conflicts++;
        var kept = _kept[(exact ? 0 : 1) + (first == second ? 2 : 0)];
        if (kept.Count < PairsKept)
            kept.Add(new DuplicatePair(new DuplicateImage(first, indexA, labelA), new DuplicateImage(second, indexB, labelB), exact, PerceptualHash.Distance(_hashes[a], _hashes[b]), Math.Round(likeness, 4)));
    }

    // Training images come before test images.
    private void Of(int place, out Split split, out int index) => (split, index) = place < _train ? (Split.Train, place) : (Split.Test, place - _train);

    private Span<byte> Small(int place) => _small.AsSpan(place * PerceptualHash.SmallBytes, PerceptualHash.SmallBytes);

    private void Told(double share)
    {
        _cancel.ThrowIfCancellationRequested();
        _progress(share);
    }

    /// <summary>Which images have a duplicate before them; each counts once however many it has.</summary>
    private sealed class Sort(int count)
    {
        private readonly bool[] _within = new bool[count], _leaked = new bool[count];
        private int _train, _test, _across;

        public DuplicateCounts Counts => new(_train, _test, _across);

        public void Mark(int later, Split first, Split second)
        {
            var marks = first == second ? _within : _leaked;
            if (marks[later]) return;
            marks[later] = true;
            if (first != second) _across++;
            else if (second == Split.Train) _train++;
            else _test++;
        }
    }
}

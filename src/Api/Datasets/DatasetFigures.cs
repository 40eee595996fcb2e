using System.Collections.Concurrent;
using WebLab.Engine.Data;

namespace WebLab.Api.Datasets;

/// <summary>Figures of one version of a data set.</summary>
/// <param name="Normalisation">What networks subtract and divide by that train on this version with <c>model.normalize</c>.</param>
public sealed record DatasetStatistics(string DatasetId, string Version, SplitStatistics Train, SplitStatistics Test, Normalisation Normalisation);

/// <summary>Figures of a split.</summary>
/// <param name="Least">Images of the smallest class.</param>
/// <param name="Most">Images of the largest class.</param>
/// <param name="Empty">Names of classes without images, at most 20.</param>
/// <param name="Mean">Per channel, pixels in [0,1]; empty where there are no images.</param>
/// <param name="Std">Population standard deviation per channel.</param>
public sealed record SplitStatistics(int Count, int Least, int Most, IReadOnlyList<string> Empty, IReadOnlyList<double> Mean, IReadOnlyList<double> Std);

/// <summary>Whether the figures that a network normalises by fit the images that it is tested on.</summary>
/// <param name="Mean">Per channel, of the training split (of a set without one: the test split).</param>
/// <param name="Shift">Largest distance between the means of the splits, in deviations; null where one split is empty.</param>
/// <param name="Fits">The shift is below a tenth of a deviation.</param>
public sealed record Normalisation(IReadOnlyList<double> Mean, IReadOnlyList<double> Std, double? Shift, bool Fits);

/// <summary>One version among others of a data set.</summary>
/// <param name="Changes">What differs from the version before it, in sentences; empty for the first.</param>
public sealed record VersionView(string Version, DateTimeOffset ImportedAt, int TrainCount, int TestCount, int ClassCount, ImageShape Shape, long Bytes, string Source, IReadOnlyList<string> Changes);

/// <summary>Looks at versions of data sets: their figures, and what differs between them.</summary>
public sealed class DatasetFigures(DatasetService sets)
{
    private const double Near = 0.1;
    private const int MostNames = 20;

    // Versions never change; the test split's mean takes a pass over it.
    private readonly ConcurrentDictionary<string, DatasetStatistics> _known = new();

    /// <param name="version">Null for the newest.</param>
    /// <exception cref="Http.Refusal">404.</exception>
    public DatasetStatistics Get(string id, string? version)
    {
        var manifest = sets.Manifest(id, version);
        return _known.GetOrAdd($"{manifest.Id}/{manifest.Version}", _ => Measure(manifest));
    }

    /// <summary>Every version, newest first.</summary>
    /// <exception cref="Http.Refusal">404.</exception>
    public IReadOnlyList<VersionView> Versions(string id)
    {
        sets.Get(id);
        var all = sets.Manifests(id);
        return [.. all.Select((m, k) => new VersionView(m.Version, m.ImportedAt, m.Train.Count, m.Test.Count, m.Classes.Count, m.Shape, m.Bytes, m.Source,
            k + 1 < all.Count ? Changes(all[k + 1], m) : []))];
    }

    /// <summary>What became different, in sentences.</summary>
    public static IReadOnlyList<string> Changes(DatasetManifest before, DatasetManifest after)
    {
        var said = new List<string>();
        Counted("training", before.Train, after.Train);
        Counted("test", before.Test, after.Test);
        if (before.Shape != after.Shape) said.Add($"images of {after.Shape} instead of {before.Shape}");
        Named("new classes", after.Classes.Except(before.Classes));
        Named("classes gone", before.Classes.Except(after.Classes));
        if (before.Classes.Count == after.Classes.Count && !before.Classes.SequenceEqual(after.Classes) && !before.Classes.Except(after.Classes).Any())
            said.Add("the same classes in another order: labels of the versions differ");
        if (Shift(before.Mean, after.Mean, before.Std) is { } shift and >= 0.005)
            said.Add(FormattableString.Invariant($"the mean moved by {shift:0.00} deviations; networks normalise by that of the version they trained on"));
        return said.Count > 0 ? said : ["the same images under another name or source"];

        void Counted(string split, PackedSplitFiles old, PackedSplitFiles now)
        {
            if (old.Images.Sha256 == now.Images.Sha256 && old.Labels.Sha256 == now.Labels.Sha256) return;
            var more = now.Count - old.Count;
            said.Add(more == 0 ? old.Images.Sha256 == now.Images.Sha256 ? $"other labels of the {split} images" : $"other {split} images, as many"
                : FormattableString.Invariant($"{Math.Abs(more):#,0} {(more > 0 ? "more" : "fewer")} {split} images"));
        }

        void Named(string what, IEnumerable<string> names)
        {
            var listed = names.ToList();
            if (listed.Count > 0) said.Add($"{what}: {string.Join(", ", listed.Take(MostNames))}{(listed.Count > MostNames ? ", …" : "")}");
        }
    }

    private DatasetStatistics Measure(DatasetManifest m)
    {
        // The manifest has the figures of the training split, or of the test split of a set without one.
        var test = m.TestOnly ? (m.Mean, m.Std) : sets.MeanOf(m, Split.Test);
        var train = m.TestOnly ? ((IReadOnlyList<double>)[], (IReadOnlyList<double>)[]) : (m.Mean, m.Std);
        var shift = m.TestOnly ? null : Shift(m.Mean, test.Mean, m.Std);
        return new DatasetStatistics(m.Id, m.Version, Of(m, m.Train, train), Of(m, m.Test, test), new Normalisation(m.Mean, m.Std, shift, shift is null or < Near));
    }

    private static SplitStatistics Of(DatasetManifest m, PackedSplitFiles split, (IReadOnlyList<double> Mean, IReadOnlyList<double> Std) figures) => new(split.Count,
        split.PerClass.Min(), split.PerClass.Max(), split.Count == 0 ? [] : [.. m.Classes.Where((_, k) => split.PerClass[k] == 0).Take(MostNames)], figures.Mean, figures.Std);

    private static double? Shift(IReadOnlyList<double> a, IReadOnlyList<double> b, IReadOnlyList<double> std) =>
        a.Count == 0 || a.Count != b.Count ? null : a.Select((mean, c) => Math.Abs(mean - b[c]) / Math.Max(std[c], 1e-6)).Max();
}

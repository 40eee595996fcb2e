using System.Text;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Datasets;

/// <summary>Data sets as they lie in the data directory: their manifests and their images.</summary>
public sealed class DatasetService(DataDirectory data)
{
    public const int MaxCount = 256;
    private const int Gap = 1;

    private readonly DatasetShelf _shelf = DatasetShelf.In(data.Root);

    /// <summary>Every data set by its newest version, in order of id.</summary>
    public Page<DatasetSummary> List(PageRequest page)
    {
        var newest = _shelf.List().GroupBy(m => m.Id).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Where(g => page.After is null || string.CompareOrdinal(g.Key, page.After) > 0).Take(page.Limit + 1)
            .Select(g => (First: g.First(), Versions: g.Select(m => m.Version).ToList()))
            .Select(g => new DatasetSummary(g.First.Id, g.First.Name, g.First.Version, g.Versions, g.First.Shape, g.First.Classes.Count,
                g.First.Train.Count, g.First.Test.Count, g.First.Bytes, g.First.ImportedAt)).ToList();
        return page.Cut(newest, d => d.Id);
    }

    /// <param name="version">Null for the newest.</param>
    /// <exception cref="Refusal">404.</exception>
    public DatasetDetail Get(string id, string? version = null)
    {
        var m = Find(id, version);
        var classes = m.Classes.Select((name, label) => new ClassView(label, name, m.Train.PerClass[label], m.Test.PerClass[label], m.ClassIds?[label]));
        return new DatasetDetail(m.Id, m.Name, m.Version, [.. _shelf.Versions(id).Select(v => v.Version)], m.Shape, [.. classes], m.Train.Count, m.Test.Count,
            m.Mean, m.Std, m.Bytes, m.Licence, m.Source, m.ImportedAt, m.RejectedCount, m.Rejected, m.Groups ?? []);
    }

    /// <summary>The split to show where none is asked for: the training images, or the test images of a set that has no others.</summary>
    /// <exception cref="Refusal">404.</exception>
    public Split FirstSplit(string id, string? version) => Find(id, version).TestOnly ? Split.Test : Split.Train;

    /// <summary>What the import left out, as a table. A cell that a spreadsheet would run begins with an apostrophe.</summary>
    public string RejectedCsv(string id, string? version)
    {
        var csv = new StringBuilder("file,reason\r\n");
        foreach (var file in Find(id, version).Rejected)
            csv.Append(Cell(file.Name)).Append(',').Append(Cell(file.Reason)).Append("\r\n");
        return csv.ToString();
    }

    /// <exception cref="Refusal">404, or 400 with the parameter.</exception>
    public SampleList Samples(string id, SampleQuery query)
    {
        using var set = Open(id, query);
        var (indices, total) = Choose(set, query);
        return new SampleList(set.Manifest.Version, query.Split, total,
            [.. indices.Select(i => (i, Label: set.Of(query.Split).Label(i))).Select(s => new SampleView(s.i, s.Label, set.Manifest.Classes[s.Label]))]);
    }

    /// <summary>The same images as one PNG, row by row.</summary>
    /// <param name="columns">1 to 64 images a row.</param>
    public byte[] Sheet(string id, SampleQuery query, int columns)
    {
        if (columns is < 1 or > 64)
            throw Refusal.Invalid("columns", $"got {columns}, wanted 1 to 64");
        using var set = Open(id, query);
        var (indices, _) = Choose(set, query);
        var shape = set.Manifest.Shape;
        columns = Math.Min(columns, Math.Max(1, indices.Count));
        var rows = Math.Max(1, (indices.Count + columns - 1) / columns);
        var (height, width) = (rows * (shape.Height + Gap) - Gap, columns * (shape.Width + Gap) - Gap);
        var sheet = new byte[shape.Channels * height * width];
        var pixels = new byte[shape.Bytes];
        for (var k = 0; k < indices.Count; k++)
        {
            set.Of(query.Split).Read(indices[k], pixels);
            Lay(pixels, shape, sheet, k / columns * (shape.Height + Gap), k % columns * (shape.Width + Gap), height, width);
        }
        return PngFile.Encode(RgbImage.FromPlanes(sheet, shape.Channels, height, width));
    }

    /// <summary>One image as PNG.</summary>
    public byte[] Image(string id, string? version, Split split, int index)
    {
        var (pixels, shape, _) = Pixels(id, version, split, index);
        return PngFile.Encode(RgbImage.FromPlanes(pixels, shape.Channels, shape.Height, shape.Width));
    }

    /// <summary>One image as C x H x W bytes with its label.</summary>
    public (byte[] Pixels, ImageShape Shape, int Label) Pixels(string id, string? version, Split split, int index)
    {
        using var set = Open(id, new SampleQuery(version, split, null, 0, 1));
        if (index < 0 || index >= set.Of(split).Count)
            throw Refusal.NotFound("sample", index.ToString());
        return (set.Of(split).Read(index), set.Manifest.Shape, set.Of(split).Label(index));
    }

    /// <param name="version">Null for the newest.</param>
    /// <exception cref="Refusal">404.</exception>
    public DatasetManifest Manifest(string id, string? version) => Find(id, version);

    /// <summary>Of every version, newest first.</summary>
    public IReadOnlyList<DatasetManifest> Manifests(string id) => _shelf.Versions(id);

    /// <summary>Labels of some images.</summary>
    public IReadOnlyList<int> Labels(DatasetManifest manifest, Split split, IReadOnlyList<int> indices)
    {
        using var set = _shelf.Open(manifest.Id, manifest.Version);
        return [.. indices.Select(set.Of(split).Label)];
    }

    /// <summary>Mean and population deviation of each channel, pixels in [0,1], in one pass over a split; empty where it has no images.</summary>
    public (IReadOnlyList<double> Mean, IReadOnlyList<double> Std) MeanOf(DatasetManifest manifest, Split split)
    {
        using var set = _shelf.Open(manifest.Id, manifest.Version);
        var images = set.Of(split);
        if (images.Count == 0) return ([], []);
        var shape = manifest.Shape;
        var (plane, pixels) = (shape.Height * shape.Width, new byte[shape.Bytes]);
        var (sums, squares) = (new long[shape.Channels], new long[shape.Channels]);
        for (var i = 0; i < images.Count; i++)
        {
            images.Read(i, pixels);
            for (var c = 0; c < shape.Channels; c++)
            {
                var (sum, square) = (0L, 0L);
                foreach (var b in pixels.AsSpan(c * plane, plane))
                {
                    sum += b;
                    square += b * b;
                }
                (sums[c], squares[c]) = (sums[c] + sum, squares[c] + square);
            }
        }
        var n = (double)images.Count * plane;
        double[] mean = [.. sums.Select(s => s / n / 255)];
        return (mean, [.. squares.Select((s, c) => Math.Sqrt(Math.Max(0, (s / n / 255 / 255) - (mean[c] * mean[c]))))]);
    }

    private DatasetManifest Find(string id, string? version) => _shelf.Find(id, version)
        ?? throw Refusal.NotFound(version is null ? "data set" : "version of the data set", version ?? id);

    private PackedDataset Open(string id, SampleQuery query)
    {
        var manifest = Find(id, query.Version);
        if (query.Count is < 1 or > MaxCount)
            throw Refusal.Invalid("count", $"got {query.Count}, wanted 1 to {MaxCount}");
        if (query.Offset < 0)
            throw Refusal.Invalid("offset", $"got {query.Offset}, wanted 0 or more");
        if (query.Label < 0 || query.Label >= manifest.Classes.Count)
            throw Refusal.Invalid("label", $"got {query.Label}, wanted 0 to {manifest.Classes.Count - 1}");
        try
        {
            return _shelf.Open(id, manifest.Version);
        }
        catch (JobFailure e)
        {
            throw new Refusal(ProblemKinds.Conflict, e.Message);
        }
    }

    private static (IReadOnlyList<int> Indices, int Total) Choose(PackedDataset set, SampleQuery query)
    {
        var split = set.Of(query.Split);
        if (query.Label is not { } label)
            return ([.. Enumerable.Range(0, split.Count).Skip(query.Offset).Take(query.Count)], split.Count);
        var fitting = Enumerable.Range(0, split.Count).Where(i => split.Label(i) == label);
        return ([.. fitting.Skip(query.Offset).Take(query.Count)], set.Manifest.Of(query.Split).PerClass[label]);
    }

    // Copies planes of one image into the planes of the sheet.
    private static void Lay(byte[] pixels, ImageShape shape, byte[] sheet, int top, int left, int height, int width)
    {
        for (var c = 0; c < shape.Channels; c++)
            for (var y = 0; y < shape.Height; y++)
                pixels.AsSpan((c * shape.Height + y) * shape.Width, shape.Width).CopyTo(sheet.AsSpan((c * height + top + y) * width + left));
    }

    private static string Cell(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

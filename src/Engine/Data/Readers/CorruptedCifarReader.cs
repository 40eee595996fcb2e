using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// CIFAR-10-C in its official layout: a file of N x 32 x 32 x 3 bytes for each corruption, five severities of the test set after each
/// other, mildest first, and labels.npy with the N labels of every file. All are test images, in a group for each corruption and severity.
/// </summary>
/// <remarks>Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations".</remarks>
public sealed class CorruptedCifarReader : ISampleReader
{
    public const string LabelsName = "labels.npy";
    private const int Side = 32, Severities = 5, Plane = Side * Side, MostImages = 1_000_000;

    /// <summary>The fifteen of the benchmark, then the four meant for validation; the files' names.</summary>
    public static readonly IReadOnlyList<string> Corruptions =
    [
        "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "snow", "frost", "fog",
        "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression", "speckle_noise", "gaussian_blur", "spatter", "saturate",
    ];

    private readonly FileTree _files;
    private readonly List<RejectedFile> _rejected = [];
    private readonly (string Corruption, TreeFile File)[] _parts;
    private readonly byte[] _labels;

    /// <exception cref="DatasetRefused">The labels or all corruptions are missing, or a file is not of this layout.</exception>
    public CorruptedCifarReader(FileTree files)
    {
        _files = files;
        _labels = Labels(files.Single(LabelsName));
        _parts = [.. Corruptions.Select(c => (c, files.Maybe($"{c}.npy"))).Where(p => p.Item2 is not null).Select(p => (p.c, p.Item2!.Value))];
        if (_parts.Length == 0) throw DatasetRefused.Missing($"there is no file of a corruption, such as {Corruptions[0]}.npy");
        foreach (var (_, file) in _parts) Images(file).Dispose();
        var known = _parts.Select(p => p.File.Name).Append(files.Single(LabelsName).Name).ToHashSet();
        _rejected.AddRange(files.Files.Where(f => !known.Contains(f.Name)).Select(f => new RejectedFile(f.Name, "none of the 19 corruptions")));
        _rejected.AddRange(Corruptions.Except(_parts.Select(p => p.Corruption)).Select(c => new RejectedFile($"{c}.npy", "is not there: the data set lacks this corruption")));
    }

    public ImageShape Shape { get; } = new(3, Side, Side);

    public IReadOnlyList<string> Classes => CifarReader.Ten;

    public bool TestOnly => true;

    public IReadOnlyList<SampleGroup> Groups
    {
        get
        {
            var each = _labels.Length / Severities;
            return [.. _parts.SelectMany((p, k) => Enumerable.Range(0, Severities).Select(s => new SampleGroup($"{p.Corruption}/{s + 1}", k * _labels.Length + s * each, each)))];
        }
    }

    public long Total => (long)_parts.Length * _labels.Length;

    public string Licence => "As stated at Zenodo, record 2535967; cite Hendrycks and Dietterich 2019, \"Benchmarking Neural Network Robustness to Common Corruptions and Perturbations\"";

    public string Source => $"CIFAR-10-C, {_parts.Length} of {Corruptions.Count} corruptions{(_parts.Length < Corruptions.Count ? $": {string.Join(", ", _parts.Select(p => p.Corruption))}" : "")}";

    public IReadOnlyList<RejectedFile> Rejected => _rejected;

    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var (stored, pixels) = (new byte[Shape.Bytes], new byte[Shape.Bytes]);
        foreach (var (_, file) in _parts)
        {
            using var images = Images(file);
            foreach (var label in _labels)
            {
                cancel.ThrowIfCancellationRequested();
                images.Read(stored);
                for (var i = 0; i < Plane; i++)
                    for (var c = 0; c < 3; c++)
                        pixels[c * Plane + i] = stored[3 * i + c];
                yield return new Sample(Split.Test, label, pixels);
            }
        }
    }

    public void Dispose() => _files.Dispose();

    private NpyArray Images(TreeFile file)
    {
        var images = NpyArray.Open(_files, file);
        if (images.Type == "|u1" && images.Shape.SequenceEqual([_labels.Length, Side, Side, 3])) return images;
        using (images) throw DatasetRefused.File($"{file.Name} is {images}; wanted {_labels.Length} x {Side} x {Side} x 3 of |u1, an image for each label");
    }

    private byte[] Labels(TreeFile file)
    {
        using var array = NpyArray.Open(_files, file);
        if (array.Shape.Count != 1 || array.Count == 0 || array.Count % Severities != 0 || array.Count > MostImages)
            throw DatasetRefused.File($"{file.Name} is {array}; wanted one row of labels, five times as many as the test set has");
        var labels = new byte[array.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            var label = array.Next();
            if (label < 0 || label >= Classes.Count) throw DatasetRefused.File($"{file.Name}: label {label} at {i}; wanted 0..{Classes.Count - 1}");
            labels[i] = (byte)label;
        }

        return labels;
    }
}

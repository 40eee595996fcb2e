using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// CIFAR-10 and CIFAR-100 in the official binary layout: records of one label byte (CIFAR-100: coarse, then fine) and 3,072 bytes,
/// the red, green and blue planes of 32 x 32, row by row.
/// Files: data_batch_*.bin and test_batch.bin; train.bin and test.bin.
/// </summary>
public sealed class CifarReader : ISampleReader
{
    internal static readonly IReadOnlyList<string> Ten = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private readonly FileTree _files;
    private readonly int _labelBytes;
    private readonly (Split Split, TreeFile File)[] _parts;

    private CifarReader(FileTree files, int labelBytes, IReadOnlyList<string> classes, string source, (Split, TreeFile)[] parts)
    {
        (_files, _labelBytes, Classes, Source, _parts) = (files, labelBytes, classes, source, parts);
        foreach (var (_, file) in _parts)
            if (file.Bytes == 0 || file.Bytes % Record != 0)
                throw DatasetRefused.File($"{file.Name} has {file.Bytes} bytes; wanted a whole number of {Record}-byte records");
    }

    /// <summary>CIFAR-10: data_batch_1.bin and on, test_batch.bin.</summary>
    /// <exception cref="DatasetRefused">A file is missing or no whole number of records.</exception>
    public static CifarReader Of10(FileTree files)
    {
        var train = files.Files.Where(f => f.Leaf.StartsWith("data_batch_", StringComparison.Ordinal) && f.Leaf.EndsWith(".bin", StringComparison.Ordinal)).ToArray();
        if (train.Length == 0) throw DatasetRefused.Missing(files.Files.Any(f => f.Leaf == "data_batch_1")
            ? "data_batch_1.bin is missing: this is the Python version; take cifar-10-binary.tar.gz" : "data_batch_1.bin is missing");
        if (train.Select(f => f.Leaf).Distinct().Count() < train.Length) throw DatasetRefused.Archive("a data_batch file is there twice");
        return new CifarReader(files, 1, Ten, "CIFAR-10, binary version",
            [.. train.Select(f => (Split.Train, f)), (Split.Test, files.Single("test_batch.bin"))]);
    }

    /// <summary>CIFAR-100 with its 100 fine classes: train.bin, test.bin, fine_label_names.txt.</summary>
    /// <exception cref="DatasetRefused">A file is missing or no whole number of records.</exception>
    public static CifarReader Of100(FileTree files)
    {
        var names = System.Text.Encoding.UTF8.GetString(files.ReadAll(files.Single("fine_label_names.txt"), 1 << 16))
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length != 100) throw DatasetRefused.File($"fine_label_names.txt has {names.Length} names; wanted 100");
        return new CifarReader(files, 2, names, "CIFAR-100, binary version",
            [(Split.Train, files.Single("train.bin")), (Split.Test, files.Single("test.bin"))]);
    }

    public ImageShape Shape { get; } = new(3, 32, 32);

    public IReadOnlyList<string> Classes { get; }

    public long Total => _parts.Sum(p => p.File.Bytes) / Record;

    public string Licence => "No licence stated; cite Krizhevsky 2009, \"Learning Multiple Layers of Features from Tiny Images\"";

    public string Source { get; }

    public IReadOnlyList<RejectedFile> Rejected => [];

    private int Record => _labelBytes + Shape.Bytes;

    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var record = new byte[Record];
        foreach (var (split, file) in _parts)
        {
            using var stream = new BufferedStream(_files.Open(file), 1 << 16);
            for (var n = file.Bytes / Record; n > 0; n--)
            {
                cancel.ThrowIfCancellationRequested();
                stream.ReadExactly(record);
                var label = record[_labelBytes - 1];
                if (label >= Classes.Count)
                    throw DatasetRefused.File($"{file.Name}: label {label} in record {file.Bytes / Record - n}; wanted 0..{Classes.Count - 1}");
                yield return new Sample(split, label, record.AsMemory(_labelBytes));
            }
        }
    }

    public void Dispose() => _files.Dispose();
}

using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Data;

/// <summary>A packed data set, memory-mapped: opening it costs nothing, pages come from the file as they are read.</summary>
public sealed class PackedDataset : IDisposable
{
    private PackedDataset(DatasetManifest manifest, PackedSplit train, PackedSplit test) =>
        (Manifest, Train, Test) = (manifest, train, test);

    public DatasetManifest Manifest { get; }

    public PackedSplit Train { get; }

    public PackedSplit Test { get; }

    public PackedSplit Of(Split split) => split == Split.Train ? Train : Test;

    /// <summary>Maps the files of a folder after comparing their sizes, and with <paramref name="verify"/> their SHA-256, with the manifest.</summary>
    /// <exception cref="JobFailure"><c>dataset-missing</c>: a file is not there; <c>dataset-changed</c>: it is not what was imported.</exception>
    public static PackedDataset Open(string folder, DatasetManifest manifest, bool verify = false)
    {
        if (manifest.Format != 1) throw Changed(manifest, $"manifest format {manifest.Format} is unknown; this program reads 1");
        var train = Map(folder, manifest, manifest.Train, verify);
        try
        {
            return new PackedDataset(manifest, train, Map(folder, manifest, manifest.Test, verify));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    private static PackedSplit Map(string folder, DatasetManifest manifest, PackedSplitFiles files, bool verify)
    {
        Check(folder, manifest, files.Images, (long)files.Count * manifest.Shape.Bytes, verify);
        Check(folder, manifest, files.Labels, (long)files.Count * sizeof(ushort), verify);
        var packed = File.ReadAllBytes(Path.Combine(folder, files.Labels.Name));
        var labels = new ushort[files.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(2 * i));
            if (labels[i] >= manifest.Classes.Count)
                throw Changed(manifest, $"{files.Labels.Name}: label {labels[i]} at {i} is outside 0..{manifest.Classes.Count - 1}");
        }

        return new PackedSplit(Path.Combine(folder, files.Images.Name), manifest.Shape, labels);
    }

    private static void Check(string folder, DatasetManifest manifest, PackedFile file, long wanted, bool verify)
    {
        var path = Path.Combine(folder, Path.GetFileName(file.Name));
        if (!File.Exists(path)) throw new JobFailure(FailureCode.DatasetMissing,
            $"Data set '{manifest.Id}' {manifest.Version}: {file.Name} is missing.", "Import the data set again.");
        var length = new FileInfo(path).Length;
        if (length != file.Bytes || length != wanted)
            throw Changed(manifest, $"{file.Name} has {length} bytes, its manifest says {file.Bytes} and its count {wanted}");
        if (!verify) return;
        using var stream = File.OpenRead(path);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (sha256 != file.Sha256) throw Changed(manifest, $"{file.Name} has SHA-256 {sha256}, its manifest says {file.Sha256}");
    }

    private static JobFailure Changed(DatasetManifest manifest, string what) => new(FailureCode.DatasetChanged,
        $"Data set '{manifest.Id}' {manifest.Version} is not what was imported: {what}.", "Import it again; recipes name versions, so old runs stay comparable.");
}

/// <summary>One split, mapped read-only. Safe for several threads.</summary>
public sealed class PackedSplit : IDisposable
{
    // Null for a split without images: an empty file cannot be mapped.
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly ushort[] _labels;

    internal PackedSplit(string path, ImageShape shape, ushort[] labels)
    {
        (Path, Shape, _labels) = (path, shape, labels);
        if (labels.Length == 0) return;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <summary>The file of images: N x C x H x W bytes.</summary>
    public string Path { get; }

    public ImageShape Shape { get; }

    public int Count => _labels.Length;

    public int Label(int index) => _labels[index];

    /// <summary>Copies one image, C x H x W bytes.</summary>
    public void Read(int index, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        _view!.SafeMemoryMappedViewHandle.ReadSpan((ulong)index * (ulong)Shape.Bytes, pixels[..Shape.Bytes]);
    }

    /// <summary>One image, C x H x W bytes.</summary>
    public byte[] Read(int index)
    {
        var pixels = new byte[Shape.Bytes];
        Read(index, pixels);
        return pixels;
    }

    /// <summary>Copies images and labels in the order of <paramref name="indices"/>.</summary>
    /// <param name="pixels">At least N x C x H x W bytes.</param>
    /// <param name="labels">At least N.</param>
    public void Gather(ReadOnlySpan<int> indices, Span<byte> pixels, Span<long> labels)
    {
        for (var i = 0; i < indices.Length; i++)
        {
            Read(indices[i], pixels.Slice(i * Shape.Bytes, Shape.Bytes));
            labels[i] = _labels[indices[i]];
        }
    }

    public void Dispose()
    {
        _view?.Dispose();
        _file?.Dispose();
    }
}

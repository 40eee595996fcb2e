using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Data;

/// <summary>
/// Writes a packed data set beside its final place and moves it there in one rename: readers see all of it or nothing.
/// One writer per id at a time; what a killed writer left behind goes when the next one starts.
/// </summary>
public sealed class PackedWriter : IDisposable
{
    private const string Partial = ".partial";

    private readonly string _home;
    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly ISampleReader _about;
    private readonly DatasetLimits _limits;
    private readonly SplitWriter _train;
    private readonly SplitWriter _test;
    private long _bytes;

    /// <param name="datasets">The folder that holds all data sets; made if missing.</param>
    /// <param name="about">Shape, classes, licence and source of what will be added.</param>
    /// <exception cref="DatasetRefused">The id is not one, or another import of the same id runs.</exception>
    public PackedWriter(string datasets, string id, ISampleReader about, DatasetLimits limits)
    {
        DatasetShelf.CheckId(id);
        if (about.Classes.Count < 2) throw DatasetRefused.File($"classes: got {about.Classes.Count}, wanted at least 2");
        if (about.Classes.Count > Math.Min(limits.Classes, ushort.MaxValue))
            throw DatasetRefused.Large($"classes: got {about.Classes.Count}, at most {Math.Min(limits.Classes, ushort.MaxValue)} are allowed");
        (Id, _about, _limits) = (id, about, limits);
        _home = Directory.CreateDirectory(Path.Combine(datasets, id)).FullName;
        _lock = Lock(_home, id);
        _folder = Path.Combine(_home, Partial);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        _train = new SplitWriter(_folder, "train", about);
        _test = new SplitWriter(_folder, "test", about);
    }

    public string Id { get; }

    /// <summary>Adds one sample at the end of its split.</summary>
    public void Add(Sample sample)
    {
        if (sample.Pixels.Length != _about.Shape.Bytes)
            throw new ArgumentException($"a {_about.Shape} image has {_about.Shape.Bytes} bytes; got {sample.Pixels.Length}", nameof(sample));
        if (sample.Label < 0 || sample.Label >= _about.Classes.Count)
            throw DatasetRefused.File($"label {sample.Label} is outside 0..{_about.Classes.Count - 1}");
        _bytes += sample.Pixels.Length + sizeof(ushort);
        if (_bytes > _limits.Bytes) throw DatasetRefused.Large($"packed images exceed {_limits.Bytes} bytes");
        (sample.Split == Split.Train ? _train : _test).Add(sample.Pixels.Span, sample.Label);
    }

    /// <summary>Closes the files, writes the manifest and moves the folder to its place.</summary>
    /// <returns>The manifest; that of the earlier import where the same content is there already.</returns>
    public DatasetManifest Commit(string name, DateTimeOffset now)
    {
        if (_train.Count == 0 && !_about.TestOnly) throw DatasetRefused.Missing("the training split has no images");
        if (_test.Count == 0) throw DatasetRefused.Missing("the test split has no images");
        var (mean, std) = (_about.TestOnly ? _test : _train).Statistics();
        var (train, test) = (_train.Close(), _test.Close());
        var sha256 = ContentHash(train, test);
        var manifest = new DatasetManifest
        {
            Id = Id,
            Name = name,
            Version = sha256[..16],
            Sha256 = sha256,
            Classes = _about.Classes,
            ClassIds = _about.ClassIds,
            Groups = _about.Groups.Count == 0 ? null : _about.Groups,
            Shape = _about.Shape,
            Mean = mean,
            Std = std,
            Train = train,
            Test = test,
            Licence = _about.Licence,
            Source = _about.Source,
            ImportedAt = now,
            RejectedCount = _about.Rejected.Count,
            Rejected = [.. _about.Rejected.Take(_limits.RejectionsKept)],
        };
        var place = Path.Combine(_home, manifest.Version);
        if (DatasetShelf.ReadManifest(place) is { } earlier) return earlier;
        if (Directory.Exists(place)) Directory.Delete(place, recursive: true);
        Durable.Replace(Path.Combine(_folder, DatasetManifest.FileName), JsonSerializer.SerializeToUtf8Bytes(manifest, DatasetManifest.Json));
        Directory.Move(_folder, place);
        Durable.SyncFolder(_home);
        return manifest;
    }

    public void Dispose()
    {
        _train.Dispose();
        _test.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        _lock.Dispose();
    }

    private string ContentHash(PackedSplitFiles train, PackedSplitFiles test)
    {
        var content = JsonSerializer.Serialize(new { _about.Shape, _about.Classes, train, test });
        // Sets without ids and groups keep the hash that they had before there were any.
        if (_about.ClassIds is not null || _about.Groups.Count > 0) content += JsonSerializer.Serialize(new { _about.ClassIds, _about.Groups });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
    }

    private static FileStream Lock(string home, string id)
    {
        try
        {
            return new FileStream(Path.Combine(home, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new DatasetRefused(DatasetRefused.BadRequest, $"another import of '{id}' is running", e);
        }
    }

    /// <summary>The two files of a split, hashed and counted as they are written.</summary>
    private sealed class SplitWriter : IDisposable
    {
        private readonly ISampleReader _about;
        private readonly HashedFile _images;
        private readonly HashedFile _labels;
        private readonly int[] _perClass;
        private readonly long[,] _histogram;

        public SplitWriter(string folder, string name, ISampleReader about)
        {
            _about = about;
            _images = new HashedFile(folder, $"{name}.images.bin");
            _labels = new HashedFile(folder, $"{name}.labels.bin");
            _perClass = new int[about.Classes.Count];
            _histogram = new long[about.Shape.Channels, 256];
        }

        public int Count { get; private set; }

        public void Add(ReadOnlySpan<byte> pixels, int label)
        {
            _images.Write(pixels);
            Span<byte> two = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(two, (ushort)label);
            _labels.Write(two);
            _perClass[label]++;
            Count++;
            var plane = _about.Shape.Height * _about.Shape.Width;
            for (var c = 0; c < _about.Shape.Channels; c++)
                foreach (var value in pixels.Slice(c * plane, plane)) _histogram[c, value]++;
        }

        /// <summary>Exact mean and standard deviation of each channel, from the counts of the 256 values.</summary>
        public (double[] Mean, double[] Std) Statistics()
        {
            var (mean, std) = (new double[_about.Shape.Channels], new double[_about.Shape.Channels]);
            for (var c = 0; c < mean.Length; c++)
            {
                double n = 0, sum = 0, squares = 0;
                for (var v = 0; v < 256; v++)
                {
                    n += _histogram[c, v];
                    sum += _histogram[c, v] * (v / 255.0);
                    squares += _histogram[c, v] * (v / 255.0) * (v / 255.0);
                }

                mean[c] = sum / n;
                std[c] = Math.Sqrt(Math.Max(0, squares / n - mean[c] * mean[c]));
            }

            return (mean, std);
        }

        public PackedSplitFiles Close() => new(Count, _perClass, _images.Close(), _labels.Close());

        public void Dispose()
        {
            _images.Dispose();
            _labels.Dispose();
        }
    }

    private sealed class HashedFile(string folder, string name) : IDisposable
    {
        private readonly FileStream _file = new(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Write(ReadOnlySpan<byte> bytes)
        {
            _file.Write(bytes);
            _hash.AppendData(bytes);
        }

        public PackedFile Close()
        {
            _file.Flush(flushToDisk: true);
            var done = new PackedFile(name, _file.Length, Convert.ToHexStringLower(_hash.GetHashAndReset()));
            _file.Dispose();
            return done;
        }

        public void Dispose()
        {
            _file.Dispose();
            _hash.Dispose();
        }
    }
}

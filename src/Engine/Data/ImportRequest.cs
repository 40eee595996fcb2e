using System.Text.RegularExpressions;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;

namespace WebLab.Engine.Data;

/// <summary>What an import is asked to do: <c>request.json</c> of an import job, and the arguments of <c>weblab dataset import</c>.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Id">Id of the data set; a new version where it exists.</param>
/// <param name="Name">Name for people; null: the id.</param>
/// <param name="Path">In a job: the file's path under <c>uploads/</c>. Null: draw it, or fetch the official archive.</param>
/// <param name="Size">folders: side of the images in pixels.</param>
/// <param name="Channels">idx: 1 keeps images grey, 3 repeats the plane.</param>
/// <param name="Train">shapes32: training images.</param>
/// <param name="Test">shapes32: test images.</param>
/// <param name="Seed">shapes32: seed of the drawing.</param>
/// <param name="Extra">svhn: also train on the extra images.</param>
/// <param name="TestOnly">folders: take no training images; the set is for evaluations alone.</param>
public sealed partial record ImportRequest(string Kind, string Id, string? Name = null, string? Path = null, int Size = 64, int Channels = 1,
    int Train = Shapes32.DefaultTrain, int Test = Shapes32.DefaultTest, ulong Seed = 0, bool Extra = false, bool TestOnly = false)
{
    /// <summary>The kind that chooses among the others by the names of the files.</summary>
    public const string Auto = "auto";

    private const string Svhn = "svhn", CorruptedCifar = "cifar10-c";

    /// <summary>Kinds, each with its name and, behind a colon, what somebody who chooses must know.</summary>
    public static IReadOnlyDictionary<string, string> Kinds { get; } = new Dictionary<string, string>
    {
        [Shapes32.Id] = "Built-in set: ten coloured figures, drawn in seconds from a seed.",
        [Auto] = "Look inside: files of CIFAR, CIFAR-10-C, SVHN and MNIST are known by their official names, all else is class folders.",
        ["cifar10"] = "CIFAR-10, binary version: a folder, tar.gz or zip; without a file the official archive is fetched.",
        ["cifar100"] = "CIFAR-100, binary version: a folder, tar.gz or zip; without a file the official archive is fetched.",
        [CorruptedCifar] = "CIFAR-10-C: labels.npy and the files of the corruptions, all or some; test images only; a folder, tar or zip.",
        ["idx"] = "IDX (MNIST and its family): four files in a folder, tar or zip; without a file the official MNIST is fetched.",
        [Svhn] = "SVHN, cropped digits (format 2): train_32x32.mat and test_32x32.mat, with extra_32x32.mat as more training images on request; a folder, tar or zip; without a file the official ones are fetched.",
        ["folders"] = "Class folders: images under train/CLASS and test/CLASS (or val/CLASS), or CLASS alone; ImageNet, Tiny-ImageNet and, as test images only, ImageNet-A, ImageNet-R and Stylized-ImageNet; a folder, zip or tar.gz.",
    };

    /// <summary>The kinds that read files.</summary>
    public static IEnumerable<KeyValuePair<string, string>> OfFiles => Kinds.Where(k => k.Key != Shapes32.Id);

    /// <summary>Opens the source; the caller disposes it.</summary>
    /// <param name="input">The resolved file or folder; null: none was given.</param>
    /// <param name="scratch">A folder for unpacking and fetching, on the data directory's disk; removed by the caller.</param>
    /// <exception cref="DatasetRefused">An unknown kind, a bad option, a bad archive, or no network.</exception>
    public ISampleReader Open(string? input, string scratch, DatasetLimits limits, Action<string, ReadProgress>? progress = null, CancellationToken cancel = default)
    {
        DatasetShelf.CheckId(Id);
        if (Name is { Length: > 200 }) throw DatasetRefused.Request($"name: got {Name.Length} characters, at most 200 are allowed");
        if (Kind == Shapes32.Id)
        {
            if (Train is < 10 or > 1_000_000) throw DatasetRefused.Request($"train: got {Train}, wanted 10 to 1000000");
            if (Test is < 10 or > 1_000_000) throw DatasetRefused.Request($"test: got {Test}, wanted 10 to 1000000");
            return new Shapes32(Train, Test, Seed);
        }

        if (!Kinds.ContainsKey(Kind)) throw DatasetRefused.Request($"kind '{Kind}' is unknown; wanted one of {string.Join(", ", Kinds.Keys)}");
        if (input is null)
        {
            if (OfficialArchive.Find(Kind, Extra) is not { } official) throw DatasetRefused.Request($"path: missing; kind '{Kind}' needs a file");
            input = official.Fetch(System.IO.Path.Combine(scratch, "fetched"), p => progress?.Invoke("fetch", p), cancel);
        }

        progress?.Invoke("unpack", default);
        var files = FileTree.Open(input, System.IO.Path.Combine(scratch, "unpacked"), limits, cancel);
        try
        {
            return (Kind == Auto ? Look(files) : Kind) switch
            {
                "cifar10" => CifarReader.Of10(files),
                "cifar100" => CifarReader.Of100(files),
                "idx" => new IdxReader(files, Channels),
                CorruptedCifar => new CorruptedCifarReader(files),
                Svhn => new SvhnReader(files, Extra),
                _ => new ImageFolderReader(files, Size, TestOnly),
            };
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static string Look(FileTree files)
    {
        bool Any(Func<string, bool> named) => files.Files.Any(f => named(f.Leaf));
        if (Any(n => n.StartsWith("data_batch_", StringComparison.Ordinal))) return "cifar10";
        if (Any(n => n == "train.bin") && Any(n => n == "test.bin")) return "cifar100";
        if (Any(n => n.EndsWith("_32x32.mat", StringComparison.Ordinal))) return Svhn;
        if (Any(n => n == CorruptedCifarReader.LabelsName)) return CorruptedCifar;
        return Any(n => n.Contains("-idx", StringComparison.Ordinal) && n.Contains("-ubyte", StringComparison.Ordinal)) ? "idx" : "folders";
    }

    /// <summary>The file an upload's path means: below the folder, no link, no way out.</summary>
    /// <exception cref="DatasetRefused">The path is no plain relative path, or nothing is there.</exception>
    public static string Resolve(string uploads, string path)
    {
        if (!PlainPath().IsMatch(path)) throw DatasetRefused.Request("path: wanted the relative path of an upload");
        var full = System.IO.Path.Combine(uploads, path);
        if (!System.IO.Path.Exists(full) || new FileInfo(full).LinkTarget is not null) throw DatasetRefused.Missing("path: there is no such upload");
        return full;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,3}\z")]
    private static partial Regex PlainPath();
}

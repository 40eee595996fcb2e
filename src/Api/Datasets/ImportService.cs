using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Datasets;

/// <summary>A data set that needs no upload.</summary>
/// <param name="Present">A version of it is there already.</param>
/// <param name="NeedsNetwork">Its official archive is downloaded.</param>
public sealed record BuiltinView(string Id, string Title, string Summary, bool NeedsNetwork, bool Present);

/// <summary>A built-in data set to make.</summary>
/// <param name="Builtin">shapes32, cifar10, cifar100, svhn or mnist.</param>
/// <param name="Id">The new data set's id; the built-in's own by default.</param>
/// <param name="Train">shapes32: training images to draw.</param>
/// <param name="Test">shapes32: test images to draw.</param>
/// <param name="Seed">shapes32: seed of the drawing.</param>
public sealed record BuiltinRequest(string Builtin, string? Id = null, int? Train = null, int? Test = null, int Seed = 0);

/// <summary>How an uploaded archive is to be read.</summary>
/// <param name="Kind">auto (known by the names of the files), cifar10, cifar100, cifar10-c, svhn (cropped digits), idx (MNIST and its family) or folders (a folder of images per class).</param>
/// <param name="Name">For people.</param>
/// <param name="Size">folders: side of the square images in pixels, 8 to 512.</param>
/// <param name="Channels">idx: 1 keeps images grey, 3 repeats the plane.</param>
/// <param name="Extra">svhn: also train on the images of extra_32x32.mat.</param>
/// <param name="TestOnly">folders: take no training images; networks that know the classes can be evaluated on the set.</param>
public sealed record ImportOptions(string Kind, string? Name = null, int Size = 32, int Channels = 1, bool Extra = false, bool TestOnly = false);

/// <summary>A queued import.</summary>
/// <param name="RunId">Its run: progress, failure and cancel are there.</param>
public sealed record ImportView(string DatasetId, string RunId);

/// <summary>Queues imports; each is a run of kind import.</summary>
public sealed class ImportService(UploadService uploads, Intake intake, DataDirectory data)
{
    private static readonly IReadOnlyList<(string Id, string Kind, string Title, string Summary, bool NeedsNetwork)> Known =
    [
        (Shapes32.Id, Shapes32.Id, Shapes32.Title, "Ten procedural classes with robust and non-robust cues; drawn in seconds.", false),
        ("cifar10", "cifar10", "CIFAR-10", "60,000 colour images of 32 × 32 in 10 classes (Krizhevsky 2009); 170 MB download.", true),
        ("cifar100", "cifar100", "CIFAR-100", "60,000 colour images of 32 × 32 in 100 classes (Krizhevsky 2009); 169 MB download.", true),
        ("svhn", "svhn", "SVHN", "99,289 colour digits of 32 × 32 from house numbers (Netzer et al. 2011), for non-commercial use; 246 MB download.", true),
        ("mnist", "idx", "MNIST", "70,000 grey digits of 28 × 28 (LeCun et al. 1998); 11 MB download.", true),
    ];

    private static readonly string[] ArchiveKinds = [.. ImportRequest.OfFiles.Select(k => k.Key)];

    public IReadOnlyList<BuiltinView> Builtins() =>
        [.. Known.Select(b => new BuiltinView(b.Id, b.Title, b.Summary, b.NeedsNetwork, DatasetShelf.In(data.Root).Find(b.Id) is not null))];

    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public Task<ImportView> MakeBuiltin(BuiltinRequest request, string user, CancellationToken cancel)
    {
        var known = Known.FirstOrDefault(b => b.Id == request.Builtin);
        if (known.Id is null)
            throw Refusal.Invalid("builtin", $"got '{request.Builtin}', wanted one of {string.Join(", ", Known.Select(b => b.Id))}");
        var wrong = new List<(string, string)>();
        foreach (var (field, count) in (IEnumerable<(string, int?)>)[("train", request.Train), ("test", request.Test)])
        {
            if (count is not null && known.Id != Shapes32.Id)
                wrong.Add((field, "belongs to shapes32; the official splits are taken whole"));
            else if (count is < 10 or > 1_000_000)
                wrong.Add((field, $"got {count}, wanted 10 to 1000000"));
        }
        if (request.Seed < 0)
            wrong.Add(("seed", $"got {request.Seed}, wanted 0 or more"));
        return Queue(new ImportRequest(known.Kind, request.Id ?? known.Id, known.Title, Train: request.Train ?? Shapes32.DefaultTrain,
            Test: request.Test ?? Shapes32.DefaultTest, Seed: (ulong)Math.Max(0, request.Seed)), user, wrong, cancel);
    }

    /// <summary>Closes an upload and queues its import.</summary>
    /// <exception cref="Refusal">400, 409, 415.</exception>
    public async Task<ImportView> ImportUpload(string datasetId, string uploadId, ImportOptions options, string user, CancellationToken cancel)
    {
        var wrong = new List<(string, string)>();
        if (!ArchiveKinds.Contains(options.Kind))
            wrong.Add(("kind", $"got '{options.Kind}', wanted one of {string.Join(", ", ArchiveKinds)}"));
        if (options.Size is < 8 or > 512)
            wrong.Add(("size", $"got {options.Size}, wanted 8 to 512 pixels"));
        if (options.Channels is not (1 or 3))
            wrong.Add(("channels", $"got {options.Channels}, wanted 1 or 3"));
        if (wrong.Count > 0)
            throw Refusal.Invalid(wrong);
        var (_, path) = await uploads.Complete(datasetId, uploadId, cancel);
        var request = new ImportRequest(options.Kind, datasetId, options.Name, Path.GetRelativePath(data.Uploads, path), options.Size, options.Channels,
            Extra: options.Extra, TestOnly: options.TestOnly);
        var import = await Queue(request, user, wrong, cancel);
        await uploads.Hand(uploadId, import.RunId, CancellationToken.None);
        return import;
    }

    private async Task<ImportView> Queue(ImportRequest request, string user, List<(string, string)> wrong, CancellationToken cancel)
    {
        if (!DatasetShelf.IsId(request.Id))
            wrong.Add(("id", $"got '{request.Id}', wanted 1 to 64 lower-case letters, digits or inner dashes"));
        if (request.Name is { Length: > 200 })
            wrong.Add(("name", $"got {request.Name.Length} characters, wanted at most 200"));
        if (wrong.Count > 0)
            throw Refusal.Invalid(wrong);
        var job = new NewRun(RunKind.Import, $"Import {request.Name ?? request.Id}", JsonSerializer.Serialize(request, JobJson.Options)) { SubjectId = request.Id, CreatedBy = user, Priority = 10 };
        var run = await intake.Queue(job, cancel);
        return new ImportView(request.Id, run.Id);
    }
}

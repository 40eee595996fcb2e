using WebLab.Api.Http;
using WebLab.Engine.Data;

namespace WebLab.Api.Datasets;

public static class DatasetEndpoints
{
    public static void AddDatasets(this IServiceCollection services)
    {
        services.AddSingleton<DatasetService>();
        services.AddSingleton<CorruptedSamples>();
        services.AddSingleton<ImportService>();
        services.AddSingleton<UploadService>();
        services.AddSingleton<DatasetFigures>();
        services.AddSingleton<AugmentationPreviews>();
        services.AddSingleton<DuplicateScans>();
        services.AddHostedService(s => s.GetRequiredService<DuplicateScans>());
    }

    public static void MapDatasets(this RouteGroupBuilder api)
    {
        var sets = api.MapGroup("/datasets").WithTags("Data sets");
        sets.MapGet("", List).WithName("listDatasets");
        sets.MapPost("", Create).WithName("createDataset").Produces<ImportView>(202).Refuses(ProblemKinds.Validation, ProblemKinds.DiskFull);
        sets.MapGet("/builtins", ListBuiltins).WithName("listBuiltinDatasets");
        sets.MapGet("/{id}", Get).WithName("getDataset");
        sets.MapGet("/{id}/versions/{version}", GetVersion).WithName("getDatasetVersion");
        sets.MapGet("/{id}/rejected.csv", Rejected).WithName("getRejectedFiles").Produces<string>(200, "text/csv");
        sets.MapGet("/{id}/samples", Samples).WithName("listSamples");
        sets.MapGet("/{id}/samples.png", Sheet).WithName("getSampleSheet").Produces(200, contentType: "image/png");
        sets.MapGet("/{id}/samples/{split}/{index:int}.png", Image).WithName("getSample").Produces(200, contentType: "image/png");
        sets.MapGet("/{id}/samples/{split}/{index:int}/corruptions/{corruption}/{severity:int}.png", Corrupted).WithName("getCorruptedSample").Produces(200, contentType: "image/png").Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict);
        sets.MapLooks();
        sets.MapUploads();
    }

    /// <summary>List data sets</summary>
    private static Paged<DatasetSummary> List(PageRequest page, DatasetService sets) => new(sets.List(page));

    /// <summary>Data sets that can be made without an upload</summary>
    private static IReadOnlyList<BuiltinView> ListBuiltins(ImportService imports) => imports.Builtins();

    /// <summary>Make a built-in data set</summary>
    /// <remarks>Queues an import; follow the run that Location names.</remarks>
    private static async Task<IResult> Create(BuiltinRequest request, ImportService imports, HttpContext context, CancellationToken cancel)
    {
        var import = await imports.MakeBuiltin(request, context.User.Identity!.Name!, cancel);
        return TypedResults.Accepted($"/api/v1/runs/{import.RunId}", import);
    }

    /// <summary>Get the newest version of a data set</summary>
    private static Versioned<DatasetDetail> Get(string id, DatasetService sets) => Answer(sets.Get(id));

    /// <summary>Get one version of a data set</summary>
    private static Versioned<DatasetDetail> GetVersion(string id, string version, DatasetService sets) => Answer(sets.Get(id, version));

    /// <summary>Files that the import left out, as CSV</summary>
    /// <param name="version">Absent: the newest.</param>
    private static IResult Rejected(string id, string? version, DatasetService sets, HttpContext context)
    {
        context.Response.Headers.ContentDisposition = "attachment; filename=rejected.csv";
        return TypedResults.Text(sets.RejectedCsv(id, version), "text/csv");
    }

    /// <summary>List images of a split with their labels</summary>
    /// <param name="version">Absent: the newest.</param>
    /// <param name="split">train or test; by default train, and test of a set without training images.</param>
    /// <param name="label">Only this class.</param>
    /// <param name="offset">How many to pass over.</param>
    /// <param name="count">1 to 256; 64 by default.</param>
    private static SampleList Samples(string id, string? version, string? split, int? label, int? offset, int? count, DatasetService sets) =>
        sets.Samples(id, Query(sets, id, version, split, label, offset, count));

    /// <summary>The same images as one PNG sheet</summary>
    /// <param name="version">Absent: the newest.</param>
    /// <param name="split">train or test; by default train, and test of a set without training images.</param>
    /// <param name="label">Only this class.</param>
    /// <param name="offset">How many to pass over.</param>
    /// <param name="count">1 to 256; 64 by default.</param>
    /// <param name="columns">1 to 64 images a row; 8 by default. One pixel lies between images.</param>
    private static IResult Sheet(string id, string? version, string? split, int? label, int? offset, int? count, int? columns, DatasetService sets, HttpContext context) =>
        Png(context, sets.Sheet(id, Query(sets, id, version, split, label, offset, count), columns ?? 8));

    /// <summary>One image as PNG</summary>
    /// <param name="split">train or test.</param>
    /// <param name="index">Its place in the split.</param>
    /// <param name="version">Absent: the newest.</param>
    private static IResult Image(string id, string split, int index, string? version, DatasetService sets, HttpContext context) =>
        Png(context, sets.Image(id, version, ReadSplit(split), index));

    /// <summary>One image under a common corruption, as PNG</summary>
    /// <remarks>The image that an evaluation with the same seed makes of it. Equal requests give equal images.</remarks>
    /// <param name="split">train or test.</param>
    /// <param name="index">Its place in the split.</param>
    /// <param name="corruption">A kind of the catalog, such as fog.</param>
    /// <param name="severity">1 (mildest) to 5.</param>
    /// <param name="version">Absent: the newest.</param>
    /// <param name="seed">Absent: 0.</param>
    private static IResult Corrupted(string id, string split, int index, string corruption, int severity, string? version, int? seed, CorruptedSamples samples, HttpContext context) =>
        Png(context, samples.Image(id, version, ReadSplit(split), index, corruption, severity, seed ?? 0));

    private static Versioned<DatasetDetail> Answer(DatasetDetail set) => ETags.Ok(set, set.Version);

    private static SampleQuery Query(DatasetService sets, string id, string? version, string? split, int? label, int? offset, int? count) =>
        new(version, split is null ? sets.FirstSplit(id, version) : ReadSplit(split), label, offset ?? 0, count ?? 64);

    private static Split ReadSplit(string split) => split switch
    {
        "train" => Split.Train,
        "test" => Split.Test,
        _ => throw Refusal.Invalid("split", $"got '{split}', wanted train or test"),
    };

    private static IResult Png(HttpContext context, byte[] png)
    {
        context.Response.Headers.CacheControl = "private, max-age=3600";
        return TypedResults.Bytes(png, "image/png");
    }
}

using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Datasets;

/// <summary>Which version.</summary>
/// <param name="Version">Absent: the newest.</param>
public sealed record VersionChoice(string? Version = null);

/// <summary>What one looks at before training on a data set.</summary>
public static class LookEndpoints
{
    internal static void MapLooks(this RouteGroupBuilder sets)
    {
        sets.MapGet("/{id}/versions", Versions).WithName("listDatasetVersions");
        sets.MapGet("/{id}/statistics", Statistics).WithName("getDatasetStatistics");
        sets.MapGet("/{id}/duplicates", Duplicates).WithName("getDuplicates");
        // Routing without a Content-Type only finds an optional body when every action of the same shape has one.
        sets.MapPost("/{id}:find-duplicates", Find).WithName("findDuplicates").Refuses(ProblemKinds.NotFound);
        sets.MapPost("/{id}:stop-duplicates", Stop).WithName("stopDuplicates").Refuses(ProblemKinds.NotFound);
        sets.MapPost("/{id}:preview-augmentation", Preview).WithName("previewAugmentation").WithMetadata(new NotReplayableAttribute())
            .Refuses(ProblemKinds.NotFound, ProblemKinds.Unprocessable, ProblemKinds.Unavailable);
    }

    /// <summary>Versions of a data set, newest first, and what changed with each</summary>
    private static IReadOnlyList<VersionView> Versions(string id, DatasetFigures figures) => figures.Versions(id);

    /// <summary>Sizes, balance, channel means and deviations of both splits</summary>
    /// <param name="version">Absent: the newest.</param>
    private static DatasetStatistics Statistics(string id, string? version, DatasetFigures figures) => figures.Get(id, version);

    /// <summary>Images that occur twice, and test images that are in the training split</summary>
    /// <remarks>Exact ones by SHA-256; near ones by perceptual hash (at most 10 of 64 bits differ), confirmed by correlation. <c>:find-duplicates</c> begins the search.</remarks>
    /// <param name="version">Absent: the newest.</param>
    private static DuplicateView Duplicates(string id, string? version, DuplicateScans scans) => scans.Get(id, version);

    /// <summary>Search a version for duplicates</summary>
    /// <remarks>Once for each version; the report is kept. Ask for <c>/duplicates</c> until its state is ready.</remarks>
    private static Results<Accepted<DuplicateView>, Ok<DuplicateView>> Find(string id, VersionChoice? request, DuplicateScans scans)
    {
        var view = scans.Start(id, request?.Version);
        return view.State == ScanState.Ready ? TypedResults.Ok(view) : TypedResults.Accepted($"/api/v1/datasets/{id}/duplicates?version={view.Version}", view);
    }

    /// <summary>End a search for duplicates</summary>
    private static DuplicateView Stop(string id, VersionChoice? request, DuplicateScans scans) => scans.Stop(id, request?.Version);

    /// <summary>See what augmentations make of images</summary>
    /// <remarks>The very pictures that a run with this seed sees of these images in these epochs, before any attack. Equal requests give equal pictures.</remarks>
    private static Task<PreviewView> Preview(string id, PreviewWish request, AugmentationPreviews previews, CancellationToken cancel) => previews.Draw(id, request, cancel);
}

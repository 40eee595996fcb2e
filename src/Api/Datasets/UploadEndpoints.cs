using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using WebLab.Api.Http;

namespace WebLab.Api.Datasets;

public static class UploadEndpoints
{
    public static void MapUploads(this RouteGroupBuilder sets)
    {
        var uploads = sets.MapGroup("/{id}/uploads");
        uploads.MapPost("", Begin).WithName("beginUpload").Refuses(ProblemKinds.TooLarge, ProblemKinds.DiskFull);
        uploads.MapGet("/{uploadId}", Get).WithName("getUpload");
        uploads.MapPut("/{uploadId}", Append).WithName("appendToUpload").WithMetadata(new NotAuditedAttribute("a part of an upload whose beginning and end are audited")).Accepts<byte[]>("application/octet-stream").DisableRequestTimeout()
            .WithMetadata(new RequestSizeLimitAttribute(UploadService.PartBytes))
            .Refuses(ProblemKinds.Conflict, ProblemKinds.RangeNotSatisfiable, ProblemKinds.TooLarge);
        uploads.MapPost("/{uploadId}:complete", Complete).WithName("completeUpload").Produces<ImportView>(202)
            .Refuses(ProblemKinds.Conflict, ProblemKinds.UnsupportedMedia, ProblemKinds.DiskFull);
        uploads.MapDelete("/{uploadId}", Abort).WithName("abortUpload").Refuses(ProblemKinds.Conflict);
    }

    /// <summary>Begin an upload of an archive of images</summary>
    /// <param name="id">The data set it becomes a version of; need not exist.</param>
    private static async Task<Created<UploadView>> Begin(string id, UploadRequest request, UploadService uploads, HttpContext context, CancellationToken cancel)
    {
        var upload = await uploads.Begin(id, request, context.User.Identity!.Name!, cancel);
        return TypedResults.Created($"/api/v1/datasets/{id}/uploads/{upload.Id}", upload);
    }

    /// <summary>How far an upload is</summary>
    private static Task<UploadView> Get(string id, string uploadId, UploadService uploads, CancellationToken cancel) => uploads.Get(id, uploadId, cancel);

    /// <summary>Send the next part</summary>
    /// <remarks>
    /// The header <c>Content-Range: bytes FIRST-LAST/TOTAL</c> says where the part lies; parts come in order, up to 64 MiB each. After a cut,
    /// ask how many bytes have arrived and go on there.
    /// </remarks>
    private static Task<UploadView> Append(string id, string uploadId, UploadService uploads, HttpContext context, CancellationToken cancel)
    {
        if (!ContentRangeHeaderValue.TryParse(context.Request.Headers.ContentRange.ToString(), out var range)
            || range is not { Unit.Value: "bytes", From: { } first, To: { } last, Length: { } total })
            throw Refusal.Invalid("Content-Range", "wanted bytes FIRST-LAST/TOTAL");
        return uploads.Append(id, uploadId, first, last, total, context.Request.Body, cancel);
    }

    /// <summary>Finish an upload and queue its import</summary>
    /// <remarks>Follow the run that Location names. Nothing is kept of an archive that is refused.</remarks>
    private static async Task<IResult> Complete(string id, string uploadId, ImportOptions request, ImportService imports, HttpContext context, CancellationToken cancel)
    {
        var import = await imports.ImportUpload(id, uploadId, request, context.User.Identity!.Name!, cancel);
        return TypedResults.Accepted($"/api/v1/runs/{import.RunId}", import);
    }

    /// <summary>Give an upload up</summary>
    private static async Task<NoContent> Abort(string id, string uploadId, UploadService uploads, CancellationToken cancel)
    {
        await uploads.Abort(id, uploadId, cancel);
        return TypedResults.NoContent();
    }
}

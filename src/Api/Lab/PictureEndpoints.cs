using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Engine.Images;

namespace WebLab.Api.Lab;

public static class PictureEndpoints
{
    private const long FormBytes = 96L << 20;

    public static void MapPictures(this RouteGroupBuilder api)
    {
        var pictures = api.MapGroup("/lab/pictures").WithTags("Lab");
        pictures.MapPost("", Send).WithName("sendPictures").Accepts<IFormFileCollection>("multipart/form-data").Produces<PicturesView>(201)
            .WithMetadata(new RequestSizeLimitAttribute(FormBytes), new NotReplayableAttribute()).WithRequestTimeout(TimeSpan.FromSeconds(120))
            .Refuses(ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia, ProblemKinds.Unavailable);
        pictures.MapGet("/{id}", Get).WithName("getPicture");
        pictures.MapGet("/{id}/preview.png", Preview).WithName("getPicturePreview").Produces(200, contentType: "image/png");
    }

    /// <summary>Send pictures to attack them</summary>
    /// <remarks>
    /// multipart/form-data with up to eight files <c>image</c> (JPEG, PNG, WebP, GIF, BMP, TIFF or PNM; up to 10 MB, 4096 pixels a side and 16
    /// megapixels each). They are kept for a day; boards name them by id. Files that cannot be used are listed with the reason.
    /// </remarks>
    private static async Task<IResult> Send(LabPictures pictures, IOptions<LabOptions> options, HttpContext context, CancellationToken cancel)
    {
        var form = await LabForm.Read(context, FormBytes, [], ["image"], cancel);
        if (form.Files.Count is 0 || form.Files.Count > options.Value.MaxImages)
            throw Refusal.Invalid("image", $"got {form.Files.Count} images, wanted 1 to {options.Value.MaxImages}");
        var (taken, rejected) = (new List<PictureView>(), new List<RefusedFile>());
        foreach (var file in form.Files)
        {
            try
            {
                taken.Add(await pictures.Add(file.FileName, await LabForm.Bytes(file, $"image[{taken.Count + rejected.Count}]", cancel), context.UserId(), cancel));
            }
            catch (ImageRefused e) when (e.Code != ImageRefused.Unavailable)
            {
                rejected.Add(new RefusedFile(file.FileName, e.Message));
            }
            catch (ImageRefused)
            {
                throw new Refusal(ProblemKinds.Unavailable, "images cannot be decoded; './lab doctor' says what is missing");
            }
            catch (Refusal e) when (e.Kind == ProblemKinds.TooLarge)
            {
                rejected.Add(new RefusedFile(file.FileName, e.Errors!.Single().Value[0]));
            }
        }
        return TypedResults.Json(new PicturesView(taken, rejected), Json.Options, statusCode: 201);
    }

    /// <summary>What is known of a picture that was sent</summary>
    private static Task<PictureView> Get(string id, LabPictures pictures, HttpContext context, CancellationToken cancel) => pictures.Get(id, context.UserId(), cancel);

    /// <summary>A picture that was sent, at most 512 pixels a side</summary>
    private static async Task<IResult> Preview(string id, LabPictures pictures, HttpContext context, CancellationToken cancel)
    {
        context.Response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.PhysicalFile(await pictures.Preview(id, context.UserId(), cancel), "image/png");
    }
}

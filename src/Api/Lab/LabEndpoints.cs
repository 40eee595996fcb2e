using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Engine.Images;

namespace WebLab.Api.Lab;

public static class LabEndpoints
{
    private const long FormBytes = 96L << 20;

    public static void AddLab(this IServiceCollection services, IConfigurationSection section)
    {
        services.AddOptions<LabOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(new ImageDecoder());
        services.AddSingleton<LabImages>();
        services.AddSingleton<LabWorker>();
        services.AddSingleton<LabCheckpoints>();
        services.AddSingleton<LabSessions>();
        services.AddSingleton<LabAttacks>();
        services.AddSingleton<LabPictures>();
        services.AddSingleton<BoardImages>();
        services.AddSingleton<BoardPlay>();
        services.AddSingleton<LabBoards>();
        services.AddSingleton<LabBatches>();
    }

    public static void MapLab(this RouteGroupBuilder api)
    {
        var lab = api.MapGroup("/lab/attacks").WithTags("Lab");
        lab.MapPost("", Attack).WithName("attack").WithMetadata(new NotAuditedAttribute("a look at images that expires by itself")).Accepts<LabRequestBody>("application/json", "multipart/form-data")
            .Produces<LabView>(201).Produces(200, contentType: "text/event-stream").RequireRateLimiting(Limits.Lab)
            .WithMetadata(new RequestSizeLimitAttribute(FormBytes), new NotReplayableAttribute()).WithRequestTimeout(TimeSpan.FromSeconds(120))
            .Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict, ProblemKinds.Gone, ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia, ProblemKinds.ImageRefused,
                ProblemKinds.Unprocessable, ProblemKinds.GpuBusy, ProblemKinds.Unavailable, ProblemKinds.Timeout);
        lab.MapGet("/{id}", Get).WithName("getAttack");
        lab.MapGet("/{id}/images/{name}", Image).WithName("getAttackImage").Produces(200, contentType: "image/png");
        api.MapBoards();
        api.MapPictures();
    }

    /// <summary>Attack images while you wait</summary>
    /// <remarks>
    /// Either JSON with images of a data set, or multipart/form-data with the files <c>image</c> (JPEG, PNG, WebP, GIF, BMP, TIFF or PNM; up to
    /// 10 MB, 4096 pixels a side and 16 megapixels each) and the fields <c>checkpointId</c>, <c>attack</c> (JSON), and optionally
    /// <c>labels</c>, <c>targets</c> (numbers between commas, empty for none), <c>seed</c> and <c>amplify</c>.
    /// With <c>Accept: text/event-stream</c> the steps come as events <c>step</c> and the result as <c>result</c>, or a <c>problem</c>.
    /// </remarks>
    private static async Task<IResult> Attack(LabAttacks attacks, IOptions<LabOptions> options, HttpContext context, CancellationToken cancel)
    {
        var request = context.Request;
        var job = request.HasFormContentType ? await ReadForm(context, options.Value.MaxImages, cancel)
            : request.HasJsonContentType() ? await ReadJson(context, cancel)
            : throw new Refusal(ProblemKinds.UnsupportedMedia, $"got '{request.ContentType}', wanted application/json or multipart/form-data");
        if (request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/event-stream"))
            return TypedResults.ServerSentEvents(Stream(attacks, job, cancel));
        var view = await attacks.Run(job, null, cancel);
        return TypedResults.Created($"/api/v1/lab/attacks/{view.Id}", view);
    }

    /// <summary>Get the result of an attack again</summary>
    private static Task<LabView> Get(string id, LabAttacks attacks, HttpContext context, CancellationToken cancel) => attacks.Get(id, context.UserId(), cancel);

    /// <summary>One of its images</summary>
    /// <param name="name">As the result names it.</param>
    private static async Task<IResult> Image(string id, string name, LabSessions sessions, HttpContext context, CancellationToken cancel)
    {
        var path = await sessions.File(id, name, context.UserId(), cancel);
        context.Response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.PhysicalFile(path, "image/png");
    }

    private static async Task<LabJob> ReadJson(HttpContext context, CancellationToken cancel)
    {
        var body = await context.Request.ReadFromJsonAsync<LabRequestBody>(cancel) ?? throw Refusal.Invalid("body", "must not be null");
        if (body.Targets is { } targets && targets.Count != body.Samples.Count)
            throw Refusal.Invalid("targets", $"got {targets.Count}, wanted one for each of {body.Samples.Count} samples");
        return new LabJob(body.CheckpointId, body.Attack,
            [.. body.Samples.Select((s, k) => new LabSource($"samples[{k}]", null, null, s, null, body.Targets?[k]))], body.Seed, body.Amplify, context.UserId());
    }

    private static async Task<LabJob> ReadForm(HttpContext context, int maxImages, CancellationToken cancel)
    {
        var form = await LabForm.Read(context, FormBytes, ["checkpointId", "attack", "labels", "targets", "seed", "amplify"], ["image"], cancel);
        if (form.Files.Count > maxImages)
            throw Refusal.Invalid("image", $"got {form.Files.Count} images, wanted 1 to {maxImages}");
        var (labels, targets) = (form.Numbers("labels"), form.Numbers("targets"));
        var sources = new List<LabSource>();
        foreach (var file in form.Files)
            sources.Add(new LabSource($"image[{sources.Count}]", await LabForm.Bytes(file, $"image[{sources.Count}]", cancel), file.FileName, null,
                labels.ElementAtOrDefault(sources.Count), targets.ElementAtOrDefault(sources.Count)));
        form.Required("attack");
        return new LabJob(form.Required("checkpointId"), form.Json("attack"), sources, form.Number<int>("seed") ?? 0, form.Number<double>("amplify") ?? 10, context.UserId());
    }

    private static async IAsyncEnumerable<SseItem<object>> Stream(LabAttacks attacks, LabJob job, [EnumeratorCancellation] CancellationToken cancel)
    {
        var events = Channel.CreateUnbounded<SseItem<object>>();
        var play = Play(attacks, job, events.Writer, cancel);
        await foreach (var e in events.Reader.ReadAllAsync(cancel))
            yield return e;
        await play;
    }

    private static async Task Play(LabAttacks attacks, LabJob job, ChannelWriter<SseItem<object>> events, CancellationToken cancel)
    {
        try
        {
            var view = await attacks.Run(job, step => events.TryWrite(new SseItem<object>(step, "step")), cancel);
            events.TryWrite(new SseItem<object>(view, "result"));
        }
        catch (Refusal e)
        {
            events.TryWrite(new SseItem<object>(Problems.Body(e), "problem"));
        }
        finally
        {
            events.Complete();
        }
    }
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using WebLab.Api.Accounts;
using WebLab.Api.Http;

namespace WebLab.Api.Lab;

public static class BoardEndpoints
{
    private static readonly ProblemKind[] Refused = [ProblemKinds.NotFound, ProblemKinds.Conflict, ProblemKinds.Gone, ProblemKinds.Unprocessable, ProblemKinds.GpuBusy];

    public static void MapBoards(this RouteGroupBuilder api)
    {
        var lab = api.MapGroup("/lab").WithTags("Lab");
        lab.MapPost("/boards", Begin).WithName("beginBoard").Produces<LabBoard>(202).RequireRateLimiting(Limits.Lab).Refuses(Refused);
        lab.MapPost("/histories", BeginHistory).WithName("beginHistory").Produces<LabBoard>(202).RequireRateLimiting(Limits.Lab).Refuses(Refused);
        lab.MapPost("/batches", BeginBatch).WithName("beginBatch").Accepts<IFormFileCollection>("multipart/form-data").Produces<LabBoard>(202).RequireRateLimiting(Limits.Lab)
            .WithMetadata(new RequestSizeLimitAttribute(LabBatches.MostBytes), new NotReplayableAttribute()).WithRequestTimeout(TimeSpan.FromMinutes(10))
            .Refuses([.. Refused, ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia]);
        var boards = lab.MapGroup("/boards/{id}");
        boards.MapGet("", Get).WithName("getBoard");
        boards.MapGet("/events", Events).WithName("watchBoard").Produces(200, contentType: "text/event-stream").DisableRequestTimeout();
        boards.MapGet("/table", Table).WithName("getBoardTable").Produces<IReadOnlyList<BoardRow>>(200, "application/json", "text/csv");
        boards.MapGet("/files/{name}", OneFile).WithName("getBoardFile").Produces(200, contentType: "image/png", additionalContentTypes: ["application/octet-stream", "application/json"]);
        lab.MapPost("/boards/{id}:cancel", Cancel).WithName("cancelBoard").Produces<LabBoard>(202);
    }

    /// <summary>Attack or corrupt pictures by several networks side by side</summary>
    /// <remarks>
    /// Up to eight pictures by up to four networks. With neither an attack nor a corruption the networks only look. The board is played in the
    /// background: follow it by <c>GET /lab/boards/{id}/events</c> or the hub's <c>SubscribeLab</c>, or read it until its status is <c>done</c>.
    /// An example: <c>{"checkpointIds":["…"],"pictures":[{"sample":{"datasetId":"shapes32","split":"test","index":3}}],"attack":{"kind":"pgd","eps":"8/255"}}</c>.
    /// To aim at a class, set <c>target</c> of the picture and <c>"target":"given"</c> of the attack.
    /// </remarks>
    private static async Task<IResult> Begin(BoardRequest body, LabBoards boards, HttpContext context, CancellationToken cancel) =>
        Accepted(await boards.Begin(body, context.UserId(), cancel));

    /// <summary>Attack one picture by every checkpoint that a run still has</summary>
    /// <remarks>When did it learn to resist, when did it forget: a board with one row and a column for each checkpoint, by step.</remarks>
    private static async Task<IResult> BeginHistory(HistoryRequest body, LabBoards boards, HttpContext context, CancellationToken cancel) =>
        Accepted(await boards.BeginHistory(body, context.UserId(), cancel));

    /// <summary>Test up to 256 files at once</summary>
    /// <remarks>
    /// multipart/form-data with files <c>image</c>, or one <c>archive</c> (zip, tar, tar.gz), 256 MB in all; the fields <c>checkpointIds</c>
    /// (between commas), <c>attack</c> (JSON, or none), <c>corruption</c> (JSON, in place of an attack), <c>labels</c> (<c>none</c>,
    /// <c>folders</c> or <c>prefix</c>: where a file's name says its class) and <c>seed</c>. Files that cannot be used are listed with the reason.
    /// </remarks>
    private static async Task<IResult> BeginBatch(LabBatches batches, HttpContext context, CancellationToken cancel)
    {
        var form = await LabForm.Read(context, LabBatches.MostBytes, ["checkpointIds", "attack", "corruption", "labels", "seed"], ["image", "archive"], cancel);
        var ids = form.Required("checkpointIds").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var request = new BatchRequest(ids, Object(form.Json("attack"), "attack"), Corruption(form.Json("corruption")), Labels(form.Text("labels")), form.Number<int>("seed") ?? 0);
        BatchFile Of(IFormFile file) => new(file.FileName.Replace('\\', '/'), file.Length, file.OpenReadStream);
        var archives = form.Files.Where(f => f.Name == "archive").Select(Of).ToList();
        if (archives.Count > 1) throw Refusal.Invalid("archive", $"got {archives.Count}, wanted one");
        return Accepted(await batches.Begin(request, [.. form.Files.Where(f => f.Name == "image").Select(Of)], archives.FirstOrDefault(), context.UserId(), cancel));
    }

    /// <summary>Read a board as it stands</summary>
    private static Task<LabBoard> Get(string id, LabBoards boards, HttpContext context, CancellationToken cancel) => boards.Get(id, context.UserId(), cancel);

    /// <summary>Follow a board</summary>
    /// <remarks>
    /// Server-sent events: <c>progress</c> (status, place in the queue, cells done), <c>attackStep</c> (the newest step of a cell with its
    /// picture, at most 20 a second, dropped when the reader is slow), and at the end <c>result</c>, the board.
    /// </remarks>
    private static async Task<IResult> Events(string id, LabBoards boards, HttpContext context, CancellationToken cancel)
    {
        await boards.Get(id, context.UserId(), cancel);
        return TypedResults.ServerSentEvents(Stream(boards.Watch(id, context.UserId(), cancel), cancel));
    }

    /// <summary>A board as a table</summary>
    /// <remarks>A row for each cell, and for each file that was rejected. With <c>format=csv</c>, or <c>Accept: text/csv</c>, as CSV.</remarks>
    /// <param name="format">json or csv.</param>
    private static async Task<IResult> Table(string id, string? format, LabBoards boards, HttpContext context, CancellationToken cancel)
    {
        if (format is not (null or "json" or "csv")) throw Refusal.Invalid("format", $"got '{format}', wanted json or csv");
        var rows = BoardTable.Rows(await boards.Get(id, context.UserId(), cancel));
        var csv = format == "csv" || (format is null && context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/csv"));
        if (!csv) return TypedResults.Json(rows, Json.Options);
        return TypedResults.File(Encoding.UTF8.GetBytes(BoardTable.Csv(rows)), "text/csv; charset=utf-8", $"board-{id}.csv");
    }

    /// <summary>A file that a board names</summary>
    /// <remarks>Pictures are PNG, exact values NumPy arrays (float32, C x H x W), traces JSON: a <c>CellTrace</c>.</remarks>
    /// <param name="name">As the board names it.</param>
    private static async Task<IResult> OneFile(string id, string name, LabBoards boards, HttpContext context, CancellationToken cancel)
    {
        var path = await boards.PathOf(id, name, context.UserId(), cancel);
        context.Response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.PhysicalFile(path, MediaType(name));
    }

    /// <summary>Cancel a board</summary>
    /// <remarks>What is there stays. A board that is over stays as it is.</remarks>
    private static async Task<IResult> Cancel(string id, LabBoards boards, HttpContext context, CancellationToken cancel)
    {
        var board = await boards.Cancel(id, context.UserId(), cancel);
        return TypedResults.Accepted($"/api/v1/lab/boards/{id}", board);
    }

    /// <summary>What a file of a board is.</summary>
    internal static string MediaType(string name) => Path.GetExtension(name) switch
    {
        ".png" => "image/png",
        ".json" => "application/json",
        _ => "application/octet-stream",
    };

    private static IResult Accepted(LabBoard board) => TypedResults.Accepted($"/api/v1/lab/boards/{board.Id}", board);

    private static async IAsyncEnumerable<SseItem<object>> Stream(IAsyncEnumerable<BoardNews> all, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var news in all.WithCancellation(cancel)) yield return new SseItem<object>(news.Data, news.Type);
    }

    private static JsonObject? Object(JsonNode? node, string path) => node switch
    {
        null => null,
        JsonObject found => found,
        _ => throw Refusal.Invalid(path, "wanted a JSON object"),
    };

    private static CorruptionChoice? Corruption(JsonNode? node)
    {
        try
        {
            return Object(node, "corruption").Deserialize<CorruptionChoice>(Json.Options);
        }
        catch (JsonException e)
        {
            throw Refusal.Invalid("corruption", e.Message);
        }
    }

    private static BatchLabels Labels(string? text) => text is null ? BatchLabels.None
        : Enum.GetValues<BatchLabels>().Cast<BatchLabels?>().FirstOrDefault(l => l.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? throw Refusal.Invalid("labels", $"got '{text}', wanted none, folders or prefix");
}

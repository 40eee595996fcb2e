using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Lab;

/// <summary>
/// Boards: begin one, follow it, cancel it, read it again. A board is played in the background, one request to the lab worker at a time,
/// and kept as a lab result.
/// </summary>
public sealed class LabBoards(LabCheckpoints checkpoints, LabSessions sessions, BoardImages images, BoardPlay play, LabWorker worker,
    IOptions<LabOptions> options, IHostApplicationLifetime life, TimeProvider time, ILogger<LabBoards> log)
{
    private const string BoardName = "board.json";

    private readonly ConcurrentDictionary<string, LiveBoard> _live = new();
    private readonly LabOptions _options = options.Value;

    /// <summary>Address of a file of a board.</summary>
    internal static string Address(string id, string name) => $"/api/v1/lab/boards/{id}/files/{name}";

    /// <summary>Begins pictures by networks.</summary>
    /// <exception cref="Refusal">400 with the fields, 404, 409 and 410 for networks and pictures, 503 when too many wait.</exception>
    public async Task<LabBoard> Begin(BoardRequest request, string userId, CancellationToken cancel)
    {
        var wrong = new List<(string Path, string Message)>();
        var attack = Check(request.Attack, request.Corruption, request.Seed, request.Amplify, wrong);
        Count(request.CheckpointIds, "checkpointIds", _options.MaxNetworks, wrong);
        if (request.Pictures.Count is 0 || request.Pictures.Count > _options.MaxImages)
            wrong.Add(("pictures", $"got {request.Pictures.Count}, wanted 1 to {_options.MaxImages}"));
        wrong.AddRange(request.Pictures.SelectMany((p, k) => Wrong(p, $"pictures[{k}]")));
        if (attack?["kind"] is { } kind && (string?)attack["target"] != "given")
            wrong.AddRange(request.Pictures.Index().Where(p => p.Item.Target is not null).Select(p => ($"pictures[{p.Index}].target", AttackCheck.NotAimed((string)kind!))));
        if (wrong.Count > 0) throw Refusal.Invalid(wrong);
        var networks = await All(request.CheckpointIds, cancel);
        return await Start(new BoardPlan(BoardKind.Theatre, [.. request.Pictures.Select((p, k) => new BoardSource($"pictures[{k}]", p))], networks, attack,
            request.Corruption, request.Seed, request.Amplify, userId, false), cancel);
    }

    /// <summary>Begins one picture by all checkpoints of a run.</summary>
    /// <exception cref="Refusal">As of <see cref="Begin"/>.</exception>
    public async Task<LabBoard> BeginHistory(HistoryRequest request, string userId, CancellationToken cancel)
    {
        var wrong = Wrong(request.Picture, "picture").ToList();
        var attack = AttackCheck.Read(request.Attack, _options, wrong);
        AttackCheck.Seed(request.Seed, request.Amplify, wrong);
        if (wrong.Count > 0) throw Refusal.Invalid(wrong);
        var networks = await checkpoints.Of(request.RunId, cancel);
        return await Start(new BoardPlan(BoardKind.History, [new BoardSource("picture", request.Picture)], networks, attack, null, request.Seed, request.Amplify, userId, true), cancel);
    }

    /// <summary>Checks what is asked of a batch, before its files are taken in.</summary>
    internal async Task<BoardPlan> Plan(BatchRequest request, string userId, CancellationToken cancel)
    {
        var wrong = new List<(string Path, string Message)>();
        var attack = Check(request.Attack, request.Corruption, request.Seed, 10, wrong);
        Count(request.CheckpointIds, "checkpointIds", _options.MaxNetworks, wrong);
        if (wrong.Count > 0) throw Refusal.Invalid(wrong);
        worker.Admit();
        return new BoardPlan(BoardKind.Batch, [], await All(request.CheckpointIds, cancel), attack, request.Corruption, request.Seed, 10, userId, false);
    }

    /// <summary>Begins a board in a session that is there already.</summary>
    internal async Task<LabBoard> Start(BoardPlan plan, LabSession session, string folder, IReadOnlyList<BoardPicture> pictures, IReadOnlyList<RefusedFile> rejected)
    {
        var view = new LabBoard(session.Id, plan.Kind, BoardStatus.Queued, null, null, null, 0, plan.Sources.Count * plan.Checkpoints.Count, session.CreatedAt, session.ExpiresAt,
            plan.Attack, plan.Corruption, plan.Seed, plan.Amplify, 0, pictures, [.. plan.Checkpoints.Select(Column)], [], rejected);
        var board = new LiveBoard(view, plan.UserId);
        // As it would be found after a stop of the server.
        Write(view with { Status = BoardStatus.Interrupted }, folder);
        _live[session.Id] = board;
        await sessions.Keep(session, new DirectoryInfo(folder).GetFiles().Select(f => f.Name).Where(IsShown));
        _ = Play(board, plan, folder);
        return board.View;
    }

    /// <summary>A board as it stands.</summary>
    /// <exception cref="Refusal">404, also when it is somebody else's.</exception>
    public async Task<LabBoard> Get(string id, string userId, CancellationToken cancel)
    {
        if (_live.TryGetValue(id, out var live) && live.UserId == userId) return live.View;
        return await Read(await sessions.Folder(id, userId, "board", cancel), id, cancel);
    }

    /// <summary>A board that was kept, by its folder.</summary>
    internal static async Task<LabBoard> Read(string folder, string id, CancellationToken cancel)
    {
        var path = DataDirectory.Child(folder, BoardName);
        if (!File.Exists(path)) throw Refusal.NotFound("board", id);
        await using var file = File.OpenRead(path);
        return (await JsonSerializer.DeserializeAsync<LabBoard>(file, Json.Options, cancel))!;
    }

    /// <summary>What happens on a board, to its end; of one that is over the result alone.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async IAsyncEnumerable<BoardNews> Watch(string id, string userId, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (_live.TryGetValue(id, out var live) && live.UserId == userId)
        {
            await foreach (var news in live.Watch(cancel)) yield return news;
            yield break;
        }
        yield return new BoardNews(BoardNews.Result, await Get(id, userId, cancel));
    }

    /// <summary>Ends a board; what is there stays. The worker is free within a second.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<LabBoard> Cancel(string id, string userId, CancellationToken cancel)
    {
        if (!_live.TryGetValue(id, out var live) || live.UserId != userId) return await Get(id, userId, cancel);
        await live.Stop.CancelAsync();
        return live.View;
    }

    /// <summary>The path of a file that a board names.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<string> PathOf(string id, string name, string userId, CancellationToken cancel)
    {
        if (!_live.TryGetValue(id, out var live) || live.UserId != userId) return await sessions.File(id, name, userId, cancel);
        var path = DataDirectory.Child(await sessions.Folder(id, userId, "board", cancel), name);
        return IsShown(name) && File.Exists(path) ? path : throw Refusal.NotFound("file", name);
    }

    /// <summary>Reads a trace from its file.</summary>
    public static CellTrace? ReadTrace(string path) => JsonSerializer.Deserialize<CellTrace>(File.ReadAllBytes(path), Json.Options);

    private async Task<LabBoard> Start(BoardPlan plan, CancellationToken cancel)
    {
        worker.Admit();
        var (session, folder) = sessions.Begin(plan.UserId);
        try
        {
            var pictures = new List<BoardPicture>();
            foreach (var source in plan.Sources)
            {
                var view = await images.Show(source, pictures.Count, folder, plan.UserId, cancel);
                pictures.Add(new BoardPicture(view!, source.Asked, null, Address(session.Id, $"{pictures.Count}-original.png")));
            }
            return await Start(plan, session, folder, pictures, []);
        }
        catch
        {
            sessions.Drop(session.Id);
            throw;
        }
    }

    private async Task Play(LiveBoard board, BoardPlan plan, string folder)
    {
        await Task.Yield();
        var began = time.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(board.Stop.Token, life.ApplicationStopping);
        over.CancelAfter(TimeSpan.FromSeconds(plan.Kind == BoardKind.Batch ? _options.BatchSeconds : _options.BoardSeconds));
        var (status, message) = (BoardStatus.Done, (string?)null);
        try
        {
            await play.Run(board, plan, folder, over.Token);
        }
        catch (OperationCanceledException)
        {
            (status, message) = board.Stop.IsCancellationRequested ? (BoardStatus.Cancelled, null)
                : life.ApplicationStopping.IsCancellationRequested ? (BoardStatus.Interrupted, null)
                : (BoardStatus.Failed, $"its {_options.BoardSeconds} s were over; ask for fewer pictures, networks or steps");
        }
        catch (Exception e)
        {
            log.LogError(e, "Board {Id} failed", board.View.Id);
            (status, message) = (BoardStatus.Failed, "it failed; the server's log says why");
        }
        await Close(board, folder, status, message, time.GetElapsedTime(began).TotalSeconds);
    }

    private async Task Close(LiveBoard board, string folder, BoardStatus status, string? message, double seconds)
    {
        try
        {
            var done = board.View with { Status = status, Message = message, Position = null, WaitSeconds = null, Seconds = seconds };
            Write(done, folder);
            string[] names = [.. new DirectoryInfo(folder).GetFiles().Select(f => f.Name)];
            await sessions.List(done.Id, names.Where(IsShown));
            foreach (var name in names.Where(n => !IsShown(n) && n != BoardName)) File.Delete(DataDirectory.Child(folder, name));
            board.Change(_ => done);
        }
        catch (Exception e)
        {
            log.LogError(e, "Board {Id} could not be kept", board.View.Id);
            board.Change(b => b with { Status = BoardStatus.Failed, Message = "it could not be kept; the server's log says why" });
        }
        finally
        {
            _live.TryRemove(board.View.Id, out _);
            board.Stop.Dispose();
        }
    }

    private static void Write(LabBoard board, string folder) =>
        Durable.Replace(DataDirectory.Child(folder, BoardName), JsonSerializer.SerializeToUtf8Bytes(board, Json.Options), sync: false);

    private static bool IsShown(string name) => name.EndsWith(".png", StringComparison.Ordinal) || name.EndsWith(".npy", StringComparison.Ordinal)
        || name.EndsWith("-trace.json", StringComparison.Ordinal);

    private async Task<IReadOnlyList<LabCheckpoint>> All(IReadOnlyList<string> idsOfAll, CancellationToken cancel)
    {
        var found = new List<LabCheckpoint>();
        foreach (var id in idsOfAll) found.Add(await checkpoints.Find(id, cancel));
        return found;
    }

    private JsonNode? Check(JsonNode? attack, CorruptionChoice? corruption, int seed, double amplify, List<(string Path, string Message)> wrong)
    {
        AttackCheck.Seed(seed, amplify, wrong);
        if (corruption is { } c) wrong.AddRange(CorruptedSamples.Complaints(c.Kind, c.Severity, c.Seed).Select(w => ($"corruption.{w.Path}", w.Message)));
        if (attack is null) return null;
        if (corruption is not null) wrong.Add(("corruption", "changes the pictures in place of an attack; send \"attack\": null with it"));
        return AttackCheck.Read(attack, _options, wrong);
    }

    private static void Count(IReadOnlyList<string> networks, string path, int most, List<(string Path, string Message)> wrong)
    {
        if (networks.Count is 0 || networks.Count > most) wrong.Add((path, $"got {networks.Count}, wanted 1 to {most}"));
        if (networks.Distinct().Count() < networks.Count) wrong.Add((path, "names a network twice"));
    }

    private static IEnumerable<(string Path, string Message)> Wrong(PictureRef picture, string path)
    {
        if (picture.PictureId is null == picture.Sample is null) yield return (path, "wanted either pictureId or sample");
    }

    private static BoardNetwork Column(LabCheckpoint c)
    {
        var (row, manifest) = (c.Row, c.Manifest);
        return new BoardNetwork(row.Id, row.RunId, c.RunName, c.Architecture, c.Method, manifest.Data.Id, row.Epoch, row.Step, Tags.Read(row.KeptList), manifest.Data.Classes,
            manifest.Shape.Channels, manifest.Data.Height, manifest.Data.Width, manifest.Data.Crop, manifest.Shape.Mean ?? [], manifest.Shape.Std ?? []);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Images;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>What a board is made of; checked.</summary>
/// <param name="Kind">Decides what is filmed and written.</param>
/// <param name="FromNewest">The newest network is asked first, and its answer is the label of a picture that has none.</param>
internal sealed record BoardPlan(BoardKind Kind, IReadOnlyList<BoardSource> Sources, IReadOnlyList<LabCheckpoint> Checkpoints, JsonNode? Attack,
    CorruptionChoice? Corruption, int Seed, double Amplify, string UserId, bool FromNewest);

/// <summary>Plays a board: one network after the other, its pictures a few at a time, so that others come in between.</summary>
public sealed class BoardPlay(BoardImages images, LabWorker worker, IOptions<LabOptions> options)
{
    private readonly LabOptions _options = options.Value;

    /// <summary>Plays until it is done or cancelled. A network that cannot be asked leaves its column empty, with the reason.</summary>
    internal async Task Run(LiveBoard board, BoardPlan plan, string folder, CancellationToken cancel)
    {
        var sources = plan.Sources.ToList();
        if (plan.Kind == BoardKind.Batch) Decode(board, plan, sources, folder, cancel);
        int[] order = [.. Enumerable.Range(0, plan.Checkpoints.Count)];
        foreach (var n in plan.FromNewest ? order.Reverse() : order)
        {
            try
            {
                await Network(board, plan, sources, n, folder, cancel);
            }
            catch (Exception e) when (e is Refusal or ImageRefused)
            {
                board.Change(b => b with { Position = null, WaitSeconds = null, Networks = With(b.Networks, n, b.Networks[n] with { Failure = e.Message }) });
            }
        }
    }

    // Files that are no picture go; what is left is brought to every size that a network takes.
    private static void Decode(LiveBoard board, BoardPlan plan, List<BoardSource> sources, string folder, CancellationToken cancel)
    {
        int[] sides = [.. plan.Checkpoints.Select(c => c.Manifest.Data).Where(d => d.Height == d.Width).Select(d => d.Width).Distinct()];
        var (kept, shown, rejected) = (new List<BoardSource>(), new List<BoardPicture>(), new List<RefusedFile>(board.View.Rejected));
        using var decoder = new ResidentDecoder();
        foreach (var source in sources)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                LabSourceView? view = null;
                foreach (var side in sides)
                {
                    var square = BoardImages.Square(decoder, source.File!, side);
                    File.WriteAllBytes($"{source.File}.{side}", square.Image.ToPlanes());
                    if (view is null) File.WriteAllBytes(DataDirectory.Child(folder, $"{kept.Count}-original.png"), PngFile.Encode(square.Image));
                    view ??= LabPictures.Describe(source.FileName!, square);
                }
                if (view is null) continue;
                kept.Add(source);
                shown.Add(new BoardPicture(view, null, source.LabelText, LabBoards.Address(board.View.Id, $"{shown.Count}-original.png")));
            }
            catch (ImageRefused e)
            {
                rejected.Add(new RefusedFile(source.FileName!, e.Message));
            }
        }
        sources.Clear();
        sources.AddRange(kept);
        board.Change(b => b with { Pictures = shown, Rejected = rejected, Total = shown.Count * plan.Checkpoints.Count });
    }

    private async Task Network(LiveBoard board, BoardPlan plan, List<BoardSource> sources, int n, string folder, CancellationToken cancel)
    {
        var checkpoint = plan.Checkpoints[n];
        for (var from = 0; from < sources.Count; from += _options.ChunkImages)
        {
            var chunk = new List<LabImage>();
            foreach (var (k, source) in sources.Index().Skip(from).Take(_options.ChunkImages))
                chunk.Add(await images.Fit(source, k, n, checkpoint.Manifest.Data, plan.Corruption, folder, plan.UserId, cancel));
            try
            {
                var request = new LabAttack(checkpoint.Folder, plan.Attack is null ? null : JsonSerializer.SerializeToElement(plan.Attack), chunk, folder, (ulong)plan.Seed, plan.Amplify,
                    plan.Kind == BoardKind.Theatre ? _options.Frames : 0, plan.Kind != BoardKind.Batch, $"{n}-{from}-");
                var result = await worker.Attack(request, step => Told(board, step, from, n), place => Placed(board, place), cancel);
                Enter(board, plan, result, from, n, folder);
                if (plan.FromNewest && sources[from].Asked is { Label: null } asked)
                    sources[from] = sources[from] with { Asked = asked with { Label = result.Items[0].Label } };
            }
            finally
            {
                foreach (var image in chunk)
                {
                    File.Delete(image.File);
                    if (image.Changed is { } changed) File.Delete(changed);
                }
            }
        }
    }

    private static void Told(LiveBoard board, LabStep step, int from, int n)
    {
        foreach (var point in step.Images)
            if (point is { Frame: { } frame, Picture: { } picture }) board.Tell(new BoardStep(from + point.Image, n, step.Steps, frame, picture));
    }

    private void Placed(LiveBoard board, int place) => board.Change(b => place == 0
        ? b with { Status = BoardStatus.Running, Position = null, WaitSeconds = null }
        : b with { Position = place, WaitSeconds = Math.Round(worker.Wait(place), 1) });

    private static void Enter(LiveBoard board, BoardPlan plan, LabResult result, int from, int n, string folder)
    {
        var id = board.View.Id;
        string Named(string name) => name.Length == 0 ? "" : LabBoards.Address(id, name);

        var cells = new List<BoardCell>();
        for (var k = 0; k < result.Items.Count; k++)
        {
            string? trace = null;
            if (result.Traces?[k] is { } t)
            {
                var name = $"{n}-{from}-{k}-trace.json";
                File.WriteAllBytes(DataDirectory.Child(folder, name), JsonSerializer.SerializeToUtf8Bytes(
                    new CellTrace(t.Target, t.Side, t.Looks, t.Frames, t.Film, t.Float, t.Difference), Json.Options));
                trace = Named(name);
            }
            var item = result.Items[k];
            var target = (string?)plan.Attack?["target"] == "given" ? plan.Sources[from + k].Asked?.Target : null;
            cells.Add(new BoardCell(from + k, n, Judge(item, target), item, Named(item.Seen), Named(item.Adversarial), Named(item.Delta), trace));
        }
        board.Change(b => b with
        {
            Cells = [.. b.Cells, .. cells],
            Done = b.Done + cells.Count,
            Networks = With(b.Networks, n, b.Networks[n] with { Device = result.Device, Seconds = (b.Networks[n].Seconds ?? 0) + result.Seconds }),
        });
    }

    internal static CellVerdict Judge(LabItem item, int? target)
    {
        var before = item.Before[0].Label;
        if (target is { } t && before != t && item.AfterRounding[0].Label == t) return CellVerdict.TargetReached;
        if (before != item.Label) return CellVerdict.WrongBefore;
        return item.SuccessAfterRounding ? CellVerdict.Fooled : item.Success ? CellVerdict.FooledUnrounded : CellVerdict.Held;
    }

    private static IReadOnlyList<T> With<T>(IReadOnlyList<T> list, int at, T item) => [.. list.Select((old, k) => k == at ? item : old)];
}

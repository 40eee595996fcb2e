using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;
using WebLab.Api.Store;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>
/// The numbered log of each run, <c>events.jsonl</c>: one writer (<see cref="Journal"/>), and one way to read:
/// <see cref="Watch"/>. History, live news, reconnect and replay are the same code.
/// </summary>
public sealed class RunLog(DataDirectory data)
{
    private const int EnvelopeBytes = 160;
    private const int MostTold = 1 << 15; // events that are kept for readers to come, over all runs

    private static readonly byte[] Metrics = "\"type\":\"metrics\""u8.ToArray();

    private readonly ConcurrentDictionary<string, Bell> _bells = new();
    private readonly ConcurrentDictionary<string, long> _held = new();
    private readonly MemoryCache _told = new(new MemoryCacheOptions { SizeLimit = MostTold });

    /// <summary>
    /// Every event after <paramref name="afterSeq"/>, in order, without gaps, then those to come, until cancelled. In between, the newest
    /// progress (Seq 0) of a run that works. A slow reader costs only itself.
    /// </summary>
    public async IAsyncEnumerable<RunEvent> Watch(string runId, long afterSeq, [EnumeratorCancellation] CancellationToken cancel)
    {
        var position = (Seq: afterSeq, Offset: Find(runId, afterSeq));
        RunEvent? shown = null;
        while (true)
        {
            // The bell is taken before reading: an event that comes meanwhile rings this very bell.
            var rung = Ring(runId).Next;
            while (ReadFrom(runId, ref position) is { Count: > 0 } events)
                foreach (var e in events)
                    yield return e;
            if (Ring(runId).Progress is { } progress && !ReferenceEquals(progress, shown))
            {
                shown = progress;
                yield return progress;
            }
            await rung.WaitAsync(cancel);
        }
    }

    /// <summary>Events after a number that are there now, at most <paramref name="limit"/>.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="afterSeq">0: from the start.</param>
    /// <param name="limit">Most events.</param>
    public IReadOnlyList<RunEvent> Read(string runId, long afterSeq, int limit = int.MaxValue)
    {
        var position = (Seq: afterSeq, Offset: Find(runId, afterSeq));
        var read = new List<RunEvent>();
        while (read.Count < limit && ReadFrom(runId, ref position) is { Count: > 0 } events)
            read.AddRange(events.Take(limit - read.Count));
        return read;
    }

    /// <summary>
    /// Every event that is there now but metrics, whose lines, often most of the log, are not even parsed. The next reader starts from what
    /// this one has read, unless it is too much to keep.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="afterSeq">Only those after this number.</param>
    public IReadOnlyList<RunEvent> Told(string runId, long afterSeq = 0)
    {
        var known = _told.Get<Story>(runId) ?? new Story([], afterSeq, Find(runId, afterSeq));
        var position = (known.Seq, known.Offset);
        var events = new List<RunEvent>(known.Events);
        while (ReadFrom(runId, ref position, unwanted: Metrics) is { Count: > 0 } more) events.AddRange(more);
        var whole = known.Events.Count > 0 || afterSeq == 0;
        if (whole && position.Offset > known.Offset && events.Count <= MostTold / 8)
            _told.Set(runId, new Story(events, position.Seq, position.Offset), new MemoryCacheEntryOptions { Size = events.Count + 1 });
        return afterSeq == 0 ? events : [.. events.SkipWhile(e => e.Seq <= afterSeq)];
    }

    /// <summary>As <see cref="Read"/>, with those that the rows do not hold yet.</summary>
    internal IReadOnlyList<RunEvent> ReadAll(string runId, long afterSeq)
    {
        var position = (Seq: afterSeq, Offset: Find(runId, afterSeq));
        var read = new List<RunEvent>();
        while (ReadFrom(runId, ref position, all: true) is { Count: > 0 } events) read.AddRange(events);
        return read;
    }

    /// <summary>Keeps what comes after a number from readers until <see cref="Release"/>: who hears of an event finds the rows changed.</summary>
    internal void Hold(string runId, long afterSeq) => _held[runId] = afterSeq;

    /// <summary>Lets readers have everything, and tells them.</summary>
    internal void Release(string runId)
    {
        _held.TryRemove(runId, out _);
        RingBell(runId);
    }

    /// <summary>The newest progress event of a run that works, kept in memory alone.</summary>
    public RunEvent? Progress(string runId) => _bells.TryGetValue(runId, out var bell) ? bell.Progress : null;

    /// <summary>Number and place of the last whole line, and how far the newest attempt's outbox was taken.</summary>
    internal LogEnd End(string runId)
    {
        var end = LogEnd.Empty;
        while (LineTail.Read(Path(runId), end.Offset) is { Count: > 0 } lines)
            foreach (var line in lines)
                end = end.Behind(RunEvent.Parse(line.Bytes.Span), line.End);
        return end;
    }

    /// <summary>
    /// Appends at a known end, cutting off whatever torn line a crash left there. Returns what was written: on a full disk that may be
    /// fewer events, always whole lines.
    /// </summary>
    /// <exception cref="IOException">Nothing could be written; the file is as it was.</exception>
    internal (LogEnd End, IReadOnlyList<RunEvent> Written) Append(string runId, LogEnd end, IReadOnlyList<NewEvent> events) =>
        PackedLog.Writing(Place(runId), () => Write(runId, end, events));

    /// <summary>Bytes that packing the log of a run would free, by its first part; 0 where there is nothing to pack.</summary>
    internal long Packable(string runId, DateTimeOffset before) => IsOld(runId, before) ? PackedLog.Saving(Place(runId)) : 0;

    /// <summary>Packs the log of a run, unless it was written to, or unpacked for a reader, since then.</summary>
    /// <returns>Bytes that this freed.</returns>
    internal long Pack(string runId, DateTimeOffset before) => IsOld(runId, before) ? PackedLog.Pack(Place(runId)) : 0;

    private bool IsOld(string runId, DateTimeOffset before) => File.Exists(Place(runId)) && File.GetLastWriteTimeUtc(Place(runId)) < before;

    private (LogEnd End, IReadOnlyList<RunEvent> Written) Write(string runId, LogEnd end, IReadOnlyList<NewEvent> events)
    {
        using var file = new FileStream(Place(runId), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (file.Length != end.Offset) file.SetLength(end.Offset);
        file.Position = end.Offset;
        var written = new List<RunEvent>(events.Count);
        foreach (var fresh in events)
        {
            var e = new RunEvent(end.Seq + 1, fresh.At, fresh.Attempt, fresh.Type, fresh.Data) { OutboxEnd = fresh.OutboxEnd };
            try
            {
                file.Write([.. JobJson.Bytes(e), (byte)'\n']);
                if (NewEvent.IsDurable(e.Type)) file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                file.SetLength(end.Offset);
                if (written.Count == 0) throw;
                break;
            }
            written.Add(e);
            end = end.Behind(e, file.Position);
        }
        return (end, written);
    }

    /// <summary>Tells the run's readers that there is something to read.</summary>
    internal void RingBell(string runId) => _bells.AddOrUpdate(runId, _ => new Bell(null), (_, bell) => bell.Rung(bell.Progress));

    /// <summary>Shows progress that is not kept; null when the run stops working.</summary>
    internal void Show(string runId, RunEvent? progress) =>
        _bells.AddOrUpdate(runId, _ => new Bell(progress), (_, bell) => bell.Rung(progress));

    private Bell Ring(string runId) => _bells.GetOrAdd(runId, _ => new Bell(null));

    // A log that was packed away is there again for whoever asks.
    private string Path(string runId)
    {
        PackedLog.Unpack(Place(runId));
        return Place(runId);
    }

    private string Place(string runId) => new JobFolder(data.Run(runId)).Events;

    private List<RunEvent> ReadFrom(string runId, ref (long Seq, long Offset) position, bool all = false, byte[]? unwanted = null)
    {
        var read = new List<RunEvent>();
        while (read.Count == 0 && LineTail.Read(Path(runId), position.Offset) is { Count: > 0 } lines)
        {
            // Asked after reading: what was appended under a hold is seen under it, or the rows follow already.
            var last = !all && _held.TryGetValue(runId, out var held) ? held : long.MaxValue;
            foreach (var line in lines)
            {
                // The type stands in the envelope, before any data; under a hold the number must be known first.
                var skipped = unwanted is not null && line.Bytes.Span[..Math.Min(line.Bytes.Length, EnvelopeBytes)].IndexOf(unwanted) >= 0;
                if (skipped && last == long.MaxValue)
                {
                    position.Offset = line.End;
                    continue;
                }
                var e = RunEvent.Parse(line.Bytes.Span);
                if (e?.Seq > last) return read;
                position.Offset = line.End;
                if (e is null || skipped || e.Seq <= position.Seq) continue;
                position.Seq = e.Seq;
                read.Add(e);
            }
        }
        return read;
    }

    /// <summary>A byte offset at or before the first line whose number is above <paramref name="afterSeq"/>: a search by halves, lines being in order.</summary>
    private long Find(string runId, long afterSeq)
    {
        const long NearEnough = 1 << 16;
        if (afterSeq <= 0 || !File.Exists(Path(runId))) return 0;
        using var file = new FileStream(Path(runId), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long low = 0, high = file.Length;
        while (high - low > NearEnough)
        {
            var middle = (low + high) / 2;
            if (FirstLineFrom(file, middle) is not { } line) high = middle;
            else if (line.Seq <= afterSeq) low = line.Start;
            else high = middle;
        }
        return low;
    }

    private static (long Seq, long Start)? FirstLineFrom(FileStream file, long offset)
    {
        file.Position = offset;
        using var reader = new BinaryReader(file, System.Text.Encoding.UTF8, leaveOpen: true);
        var block = reader.ReadBytes(1 << 18).AsMemory();
        var start = block.Span.IndexOf((byte)'\n') + 1;
        if (start == 0) return null;
        var length = block.Span[start..].IndexOf((byte)'\n');
        return length > 0 && RunEvent.Parse(block.Span.Slice(start, length)) is { } e ? (e.Seq, offset + start) : null;
    }

    /// <summary>What is told of a run up to a place in its log.</summary>
    private sealed record Story(IReadOnlyList<RunEvent> Events, long Seq, long Offset);

    /// <summary>Rung once, then replaced.</summary>
    private sealed class Bell(RunEvent? progress)
    {
        private readonly TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RunEvent? Progress { get; } = progress;
        public Task Next => _next.Task;

        public Bell Rung(RunEvent? progress)
        {
            _next.TrySetResult();
            return new Bell(progress);
        }
    }
}

/// <summary>Where a log ends.</summary>
/// <param name="Seq">Last number.</param>
/// <param name="Offset">Bytes up to the end of the last whole line.</param>
/// <param name="Attempt">The newest attempt seen.</param>
/// <param name="OutboxEnd">Bytes of that attempt's outbox that are in the log.</param>
/// <param name="Status">The last change of status.</param>
internal sealed record LogEnd(long Seq, long Offset, int Attempt, long OutboxEnd, StatusChanged? Status)
{
    public static readonly LogEnd Empty = new(0, 0, 0, 0, null);

    /// <summary>The end behind one more line; a damaged line only moves the offset.</summary>
    public LogEnd Behind(RunEvent? e, long offset) => e is null ? this with { Offset = offset } : new LogEnd(e.Seq, offset,
        Math.Max(Attempt, e.Attempt),
        e.Attempt > Attempt ? e.OutboxEnd ?? 0 : e.Attempt == Attempt ? e.OutboxEnd ?? OutboxEnd : OutboxEnd,
        e.Type == StatusChanged.Type ? e.Read<StatusChanged>() : Status);

    /// <summary>As <see cref="OutboxEnd"/>, for one attempt: 0 while nothing of it is in the log.</summary>
    public long OutboxEndOf(int attempt) => attempt == Attempt ? OutboxEnd : 0;
}

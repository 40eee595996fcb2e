using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Data;

namespace WebLab.Api.Datasets;

/// <summary>A new upload.</summary>
/// <param name="FileName">For people and to tell the kind of archive; never part of a path.</param>
/// <param name="Bytes">Length of the whole file.</param>
public sealed record UploadRequest(string FileName, long Bytes);

/// <summary>How far an upload is.</summary>
/// <param name="ReceivedBytes">Where the next part starts.</param>
/// <param name="State"><c>open</c>, <c>complete</c>, <c>imported</c> or <c>rejected</c>.</param>
/// <param name="RunId">The import, once it is queued.</param>
public sealed record UploadView(string Id, string DatasetId, string FileName, long ExpectedBytes, long ReceivedBytes, string State, string? RunId, DateTimeOffset ExpiresAt);

/// <summary>Resumable uploads: parts arrive in order, each says where it lies; what arrived before a cut stays.</summary>
public sealed class UploadService(LabStore store, DataDirectory data, Ids ids, TimeProvider time, IOptions<Settings> settings, IOptions<QueueOptions> queue)
{
    /// <summary>Largest part in bytes.</summary>
    public const long PartBytes = 64 << 20;
    private const string ContentName = "content.bin";

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _busy = new();

    public async Task<UploadView> Begin(string datasetId, UploadRequest request, string user, CancellationToken cancel)
    {
        var wrong = new List<(string, string)>();
        if (!DatasetShelf.IsId(datasetId))
            wrong.Add(("id", "wanted 1 to 64 lower-case letters, digits or inner dashes, such as my-flowers"));
        if (request.FileName.Length is 0 or > 255)
            wrong.Add(("fileName", $"wanted 1 to 255 characters, got {request.FileName.Length}"));
        if (request.Bytes < 1)
            wrong.Add(("bytes", $"got {request.Bytes}, wanted at least 1"));
        if (wrong.Count > 0)
            throw Refusal.Invalid(wrong);
        if (request.Bytes > settings.Value.DatasetBytes)
            throw Refusal.Of(ProblemKinds.TooLarge, [("bytes", $"got {request.Bytes}, at most {settings.Value.DatasetBytes} are taken")]);
        // The archive, what is unpacked of it and the packed result lie on the disk together for a while.
        if (data.FreeBytes() < 2 * request.Bytes + queue.Value.MinFreeBytes)
            throw new Refusal(ProblemKinds.DiskFull, $"{data.FreeBytes()} bytes are free; this upload wants {2 * request.Bytes + queue.Value.MinFreeBytes}");
        var row = new Upload
        {
            Id = ids.Next(),
            DatasetId = datasetId,
            FileName = request.FileName,
            ExpectedBytes = request.Bytes,
            CreatedBy = user,
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = time.GetUtcNow().AddHours(settings.Value.UploadHours),
        };
        Directory.CreateDirectory(data.Upload(row.Id));
        await store.Write(c => { c.Uploads.Add(row); }, cancel);
        return View(row);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<UploadView> Get(string datasetId, string id, CancellationToken cancel) => View(await Find(datasetId, id, cancel));

    /// <summary>Appends a part.</summary>
    /// <param name="first">Place of the part's first byte.</param>
    /// <param name="last">Place of its last byte.</param>
    /// <param name="total">Length of the whole file, as the part says.</param>
    /// <exception cref="Refusal">416 when the part does not begin where the file ends, 409 when the upload is closed or busy.</exception>
    public async Task<UploadView> Append(string datasetId, string id, long first, long last, long total, Stream part, CancellationToken cancel)
    {
        var busy = _busy.GetOrAdd(id, _ => new SemaphoreSlim(1));
        if (!await busy.WaitAsync(0, cancel))
            throw new Refusal(ProblemKinds.Conflict, "another part of this upload is arriving");
        try
        {
            var row = await Find(datasetId, id, cancel);
            if (row.State != "open")
                throw new Refusal(ProblemKinds.Conflict, $"the upload is {row.State} and takes no more parts");
            if (total != row.ExpectedBytes || last >= total || last < first)
                throw Range(row, $"got bytes {first}-{last}/{total}");
            if (last < row.ReceivedBytes)
                return View(row); // sent again after a lost answer
            if (first != row.ReceivedBytes)
                throw Range(row, $"got a part that begins at {first}");
            return await Store(row, first, last - first + 1, part, cancel);
        }
        finally
        {
            busy.Release();
        }
    }

    /// <summary>Closes a whole upload and returns where its bytes lie.</summary>
    /// <exception cref="Refusal">409 when bytes are missing or it is closed, 415 when it is no archive that is read.</exception>
    public async Task<(UploadView Upload, string Path)> Complete(string datasetId, string id, CancellationToken cancel)
    {
        var row = await Find(datasetId, id, cancel);
        if (row.State != "open")
            throw new Refusal(ProblemKinds.Conflict, $"the upload is {row.State} already");
        if (row.ReceivedBytes < row.ExpectedBytes)
            throw new Refusal(ProblemKinds.Conflict, $"{row.ReceivedBytes} of {row.ExpectedBytes} bytes have arrived; send the rest first");
        var path = Content(id);
        if (!IsArchive(path))
            throw Refusal.Of(ProblemKinds.UnsupportedMedia, [("fileName", $"'{row.FileName}' is neither zip, tar nor gzip; pickles and other formats are not opened")]);
        return (View(row), path);
    }

    /// <summary>Remembers which import took the upload.</summary>
    public Task Hand(string id, string runId, CancellationToken cancel) => store.Write(c =>
    {
        var row = c.Uploads.Find(id)!;
        (row.State, row.RunId) = ("complete", runId);
    }, cancel);

    /// <summary>Gives an upload up and deletes its bytes; the expiry does the same.</summary>
    public async Task Abort(string datasetId, string id, CancellationToken cancel)
    {
        var row = await Find(datasetId, id, cancel);
        if (row.State == "complete")
            throw new Refusal(ProblemKinds.Conflict, "its import is queued; cancel that run instead");
        await Drop(id, cancel);
    }

    /// <summary>Deletes uploads that nobody finished in time.</summary>
    public async Task Sweep(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var rows = store.Read();
        foreach (var id in await rows.Uploads.Where(u => u.ExpiresAt < now).Select(u => u.Id).ToListAsync(cancel))
            await Drop(id, cancel);
    }

    private async Task Drop(string id, CancellationToken cancel)
    {
        await store.Write(c => c.Uploads.RemoveRange(c.Uploads.Where(u => u.Id == id)), cancel);
        if (Directory.Exists(data.Upload(id)))
            Directory.Delete(data.Upload(id), recursive: true);
        _busy.TryRemove(id, out _);
    }

    // What arrived is kept also when the line breaks in mid-part.
    private async Task<UploadView> Store(Upload row, long at, long length, Stream part, CancellationToken cancel)
    {
        var written = 0L;
        try
        {
            await using var file = new FileStream(Content(row.Id), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            file.Seek(at, SeekOrigin.Begin);
            var buffer = new byte[1 << 16];
            while (written < length && await part.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - written)), cancel) is var read and > 0)
            {
                await file.WriteAsync(buffer.AsMemory(0, read), cancel);
                written += read;
            }
        }
        finally
        {
            if (written > 0)
                await store.Write(c => { c.Uploads.Find(row.Id)!.ReceivedBytes = at + written; }, CancellationToken.None);
        }
        if (written < length)
            throw Refusal.Invalid("Content-Range", $"the body has {written} bytes, the range {length}");
        row.ReceivedBytes = at + written;
        return View(row);
    }

    private async Task<Upload> Find(string datasetId, string id, CancellationToken cancel)
    {
        await using var rows = store.Read();
        return await rows.Uploads.FirstOrDefaultAsync(u => u.Id == id && u.DatasetId == datasetId, cancel) ?? throw Refusal.NotFound("upload", id);
    }

    private string Content(string id) => DataDirectory.Child(data.Upload(id), ContentName);

    private static Refusal Range(Upload row, string got) => Refusal.Of(ProblemKinds.RangeNotSatisfiable,
        [("Content-Range", $"{got}; wanted bytes {row.ReceivedBytes}-…/{row.ExpectedBytes}")]);

    // PK.. zip, 1f 8b gzip, "ustar" at 257 tar.
    private static bool IsArchive(string path)
    {
        var head = new byte[512];
        using var file = File.OpenRead(path);
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        var start = head.AsSpan(0, read);
        return start.StartsWith("PK\x03\x04"u8) || start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) || (read >= 262 && start[257..262].SequenceEqual("ustar"u8));
    }

    private static UploadView View(Upload u) => new(u.Id, u.DatasetId, u.FileName, u.ExpectedBytes, u.ReceivedBytes, u.State, u.RunId, u.ExpiresAt);
}

using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Images;

namespace WebLab.Api.Lab;

/// <summary>Batches: many files or one archive of them, by up to four networks. What cannot be used is told, and the rest goes on.</summary>
public sealed class LabBatches(LabBoards boards, LabSessions sessions, IOptions<LabOptions> options)
{
    /// <summary>Bytes of everything that comes with a batch, and of everything that an archive unpacks to.</summary>
    public const long MostBytes = 256L << 20;

    /// <summary>Begins a batch.</summary>
    /// <param name="files">The pictures; none with an archive.</param>
    /// <param name="archive">A zip, tar or tar.gz of pictures.</param>
    /// <exception cref="Refusal">400 with the fields; 422 for an archive that cannot be read; else as of a board.</exception>
    public async Task<LabBoard> Begin(BatchRequest request, IReadOnlyList<BatchFile> files, BatchFile? archive, string userId, CancellationToken cancel)
    {
        if (files.Count > 0 == archive is not null) throw Refusal.Invalid("image", "wanted either files as image or one archive");
        Count(files.Count, archive is null ? "image" : null);
        var plan = await boards.Plan(request, userId, cancel);
        var (session, folder) = sessions.Begin(userId);
        try
        {
            var rejected = new List<RefusedFile>();
            var taken = archive is null ? await Store(files, folder, rejected, cancel) : await Unpack(archive, folder, rejected, cancel);
            List<BoardSource> sources = [.. taken.Select((t, k) => new BoardSource($"image[{k}]", null, t.Path, t.Name, Label(t.Name, request.Labels)))];
            return await boards.Start(plan with { Sources = sources }, session, folder, [], rejected);
        }
        catch
        {
            sessions.Drop(session.Id);
            throw;
        }
    }

    /// <summary>The class that a file's name says.</summary>
    public static string? Label(string name, BatchLabels from)
    {
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var leaf = parts.LastOrDefault() ?? "";
        return from switch
        {
            BatchLabels.Folders when parts.Length > 1 => parts[^2],
            BatchLabels.Prefix when leaf.IndexOfAny(['_', '-', ' ']) is > 0 and var at => leaf[..at],
            _ => null,
        };
    }

    private static async Task<List<(string Path, string Name)>> Store(IReadOnlyList<BatchFile> files, string folder, List<RefusedFile> rejected, CancellationToken cancel)
    {
        var taken = new List<(string Path, string Name)>();
        foreach (var file in files)
        {
            if (TooLarge(file.Bytes) is { } reason)
            {
                rejected.Add(new RefusedFile(file.Name, reason));
                continue;
            }
            var path = DataDirectory.Child(folder, $"file-{taken.Count}");
            await using (var from = file.Open())
            await using (var to = File.Create(path))
                await from.CopyToAsync(to, cancel);
            taken.Add((path, file.Name));
        }
        return taken;
    }

    private async Task<List<(string Path, string Name)>> Unpack(BatchFile archive, string folder, List<RefusedFile> rejected, CancellationToken cancel)
    {
        var path = DataDirectory.Child(folder, "archive");
        await using (var from = archive.Open())
        await using (var to = File.Create(path))
            await from.CopyToAsync(to, cancel);
        var scratch = Directory.CreateDirectory(DataDirectory.Child(folder, "scratch")).FullName;
        try
        {
            using var tree = FileTree.Open(path, scratch, DatasetLimits.Default with { Files = 4 * options.Value.MaxBatch, Bytes = MostBytes }, cancel);
            Count(tree.Files.Count, "archive");
            var taken = new List<(string Path, string Name)>();
            foreach (var file in tree.Files)
            {
                if (TooLarge(file.Bytes) is { } reason) rejected.Add(new RefusedFile(file.Name, reason));
                else taken.Add((Put(tree, file, DataDirectory.Child(folder, $"file-{taken.Count}")), file.Name));
            }
            return taken;
        }
        catch (DatasetRefused e)
        {
            throw Refusal.Of(e.Code == DatasetRefused.TooLarge ? ProblemKinds.TooLarge : ProblemKinds.Unprocessable, [("archive", e.Message)]);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
            File.Delete(path);
        }
    }

    private static string Put(FileTree tree, TreeFile file, string path)
    {
        File.WriteAllBytes(path, tree.ReadAll(file, ImageLimits.Default.Bytes));
        return path;
    }

    private static string? TooLarge(long bytes) => bytes > ImageLimits.Default.Bytes ? $"has {bytes} bytes, at most {ImageLimits.Default.Bytes} are taken" : null;

    private void Count(int count, string? path)
    {
        if (path is not null && (count == 0 || count > options.Value.MaxBatch))
            throw Refusal.Invalid(path, $"got {count} files, wanted 1 to {options.Value.MaxBatch}");
    }
}

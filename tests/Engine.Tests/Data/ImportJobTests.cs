using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Data;

public sealed class ImportJobTests : IDisposable
{
    private readonly TempFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void An_import_job_packs_and_tells_its_progress()
    {
        var (code, lines) = Run(new ImportRequest(Shapes32.Id, "mine", "Mine", Train: 30, Test: 20));
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains(lines, l => l.Type == "importProgress" && l.Read<ImportProgress>().Phase == "pack");
        Assert.Equal(30, lines.Single(l => l.Type == "finished").Read<Finished>().Values["import.train"]);
        Assert.Equal("Mine", DatasetShelf.In(_data.Path).Find("mine")!.Name);
    }

    [Theory]
    [InlineData("nonsense", "x", null, "kind 'nonsense'")]
    [InlineData("folders", "x", null, "path: missing")]
    [InlineData("folders", "../x", "a.zip", "id '../x'")]
    [InlineData("folders", "x", "../a.zip", "path:")]
    [InlineData("folders", "x", "/etc/passwd", "path:")]
    [InlineData("folders", "x", "none.zip", "no such upload")]
    public void A_bad_request_fails_with_the_field(string kind, string id, string? path, string says)
    {
        var (code, lines) = Run(new ImportRequest(kind, id, Path: path));
        Assert.Equal(ExitCode.BadData, code);
        var failed = lines.Single(l => l.Type == "failed").Read<Failed>();
        Assert.Equal(FailureCode.BadData, failed.Code);
        Assert.Contains(says, failed.Message);
    }

    [Theory]
    [InlineData("data_batch_1.bin test_batch.bin", "cifar10")]
    [InlineData("train.bin test.bin", "cifar100")]
    [InlineData("train-images-idx3-ubyte train-labels-idx1-ubyte", "idx")]
    [InlineData("cat/1.png dog/2.png", "folders")]
    [InlineData("train.bin/1.png dog/2.png", "folders")]
    public void Auto_knows_official_files_by_their_names(string names, string kind)
    {
        var folder = Path.Combine(_data.Path, "input");
        foreach (var name in names.Split(' '))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), "x");
        }

        Assert.Equal(Outcome(kind), Outcome(ImportRequest.Auto));

        string Outcome(string of)
        {
            try
            {
                using var reader = new ImportRequest(of, "x").Open(folder, Path.Combine(_data.Path, "scratch"), DatasetLimits.Default);
                return reader.GetType().Name;
            }
            catch (DatasetRefused e)
            {
                return e.Message;
            }
        }
    }

    [Fact]
    public void A_refused_upload_leaves_neither_data_nor_scratch()
    {
        Directory.CreateDirectory(Path.Combine(_data.Path, "uploads"));
        File.WriteAllText(Path.Combine(_data.Path, "uploads", "bad.zip"), "PK but no zip");
        var (code, _) = Run(new ImportRequest("folders", "bad", Path: "bad.zip"));
        Assert.Equal(ExitCode.BadData, code);
        Assert.Empty(DatasetShelf.In(_data.Path).List());
        Assert.Empty(Directory.GetDirectories(_data.Path, "scratch", SearchOption.AllDirectories));
    }

    private (int Code, List<OutboxLine> Lines) Run(ImportRequest request)
    {
        var folder = new JobFolder(Path.Combine(_data.Path, "runs", "job"));
        new JobSpec("import", 1, _data.Path).Write(folder);
        File.WriteAllBytes(folder.Request, JobJson.Bytes(request));
        var code = Worker.Run(folder, 1, Cli.JobKinds.All, TimeProvider.System, _ => { }, TextWriter.Null);
        return (code, [.. File.ReadAllLines(folder.Attempt(1).Outbox).Select(l => OutboxLine.Parse(System.Text.Encoding.UTF8.GetBytes(l))!)]);
    }
}

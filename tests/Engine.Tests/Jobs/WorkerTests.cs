using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Jobs;

public sealed class WorkerTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private JobFolder Folder => new(_temp.Path);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_job_that_ends_well_says_so_last()
    {
        Assert.Equal(ExitCode.Done, Run(_ => JobEnd.Completed(new Dictionary<string, double> { ["eval.clean"] = 0.5 })));
        Assert.Equal("completed", Last().Read<Finished>().Outcome);
    }

    [Fact]
    public void A_cancel_is_an_outcome_and_no_failure()
    {
        Command.Cancel.Send(Folder.Attempt(1));
        Assert.Equal(ExitCode.Done, Run(job =>
        {
            while (true) job.Control.Step();
        }));
        Assert.Equal("cancelled", Last().Read<Finished>().Outcome);
    }

    [Theory]
    [InlineData(FailureCode.NanLoss, 11)]
    [InlineData(FailureCode.DatasetMissing, 14)]
    [InlineData(FailureCode.Unknown, 1)]
    public void A_failure_leaves_an_event_and_its_code(string code, int exit)
    {
        Assert.Equal(exit, Run(_ => throw new JobFailure(code, "why", "what to do")));
        var failed = Last().Read<Failed>();
        Assert.Equal((code, "why", "what to do"), (failed.Code, failed.Message, failed.Suggestion));
    }

    [Fact]
    public void An_unknown_kind_is_a_bad_recipe()
    {
        new JobSpec("dance", 1, _temp.Path).Write(Folder);
        Assert.Equal(ExitCode.BadRecipe, Worker.Run(Folder, 1, new Dictionary<string, Func<Job, JobEnd>>(), TimeProvider.System, null, TextWriter.Null));
        Assert.Contains("dance", Last().Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_job_file_is_named()
    {
        Directory.CreateDirectory(Folder.Path);
        Assert.Equal(ExitCode.BadRecipe, Worker.Run(Folder, 1, new Dictionary<string, Func<Job, JobEnd>>(), TimeProvider.System, null, TextWriter.Null));
        Assert.Contains("job.json", Last().Read<Failed>().Message, StringComparison.Ordinal);
    }

    private int Run(Func<Job, JobEnd> body)
    {
        new JobSpec("train", 1, _temp.Path).Write(Folder);
        return Worker.Run(Folder, 1, new Dictionary<string, Func<Job, JobEnd>> { ["train"] = body }, TimeProvider.System, null, TextWriter.Null);
    }

    private OutboxLine Last() => OutboxLine.Parse(LineTail.Read(Folder.Attempt(1).Outbox, 0)[^1].Bytes.Span)!;
}

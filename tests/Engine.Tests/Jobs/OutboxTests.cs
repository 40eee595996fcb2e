using System.Text;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Jobs;

public sealed class OutboxTests : IDisposable
{
    private readonly TempFolder temp = new();
    private AttemptFolder Attempt => new JobFolder(temp.Path).Attempt(1);

    public void Dispose() => temp.Dispose();

    [Fact]
    public void Events_come_back_in_order_with_their_data()
    {
        using (var outbox = new Outbox(Attempt, TimeProvider.System))
        {
            outbox.Log("first");
            outbox.Append(new ProbeCompleted(2, 40, 256, 1.5, new Dictionary<string, double> { ["probe.clean"] = 0.5 }));
        }
        var lines = LineTail.Read(Attempt.Outbox, 0).Select(l => OutboxLine.Parse(l.Bytes.Span)!).ToList();

        Assert.Equal(["log", "probeCompleted"], lines.Select(l => l.Type));
        Assert.Equal("first", lines[0].Read<LogLine>().Text);
        Assert.Equal(0.5, lines[1].Read<ProbeCompleted>().Values["probe.clean"]);
        Assert.False(lines[1].Data.TryGetProperty("type", out _));
    }

    [Fact]
    public void A_torn_last_line_waits_until_it_is_whole()
    {
        Directory.CreateDirectory(Attempt.Path);
        var whole = Encoding.UTF8.GetBytes("{\"a\":1}\n{\"ä\":2}\n");
        var seen = new List<string>();
        long offset = 0;
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(Attempt.Outbox, whole[..cut]);
            foreach (var line in LineTail.Read(Attempt.Outbox, offset))
            {
                seen.Add(Encoding.UTF8.GetString(line.Bytes.Span));
                offset = line.End;
            }
        }
        Assert.Equal(["{\"a\":1}", "{\"ä\":2}"], seen);
        Assert.Equal(whole.Length, offset);
    }

    [Fact]
    public void A_line_longer_than_the_block_is_read_whole()
    {
        Directory.CreateDirectory(Attempt.Path);
        File.WriteAllText(Attempt.Outbox, new string('x', 1000) + "\nshort\n");
        var lines = LineTail.Read(Attempt.Outbox, 0, maxBytes: 16);
        Assert.Equal(1000, lines[0].Bytes.Length);
        Assert.Equal("short", Encoding.UTF8.GetString(Assert.Single(LineTail.Read(Attempt.Outbox, lines[0].End)).Bytes.Span));
    }

    [Fact]
    public void A_foreign_line_is_no_event()
    {
        Assert.Null(OutboxLine.Parse("{\"at\":\"2026-01-01T00:00:00Z\"}"u8));
        Assert.Null(OutboxLine.Parse("not json"u8));
        Assert.Null(OutboxLine.Parse("null"u8));
    }

    [Fact]
    public void A_full_disk_is_named()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        var error = Record.Exception(() =>
        {
            using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
            file.Write("x"u8);
        });
        var failure = JobFailure.From(error!);
        Assert.Equal(FailureCode.DiskFull, failure.Code);
        Assert.Equal(13, ExitCode.Of(failure.Code));
        Assert.NotNull(failure.Suggestion);
    }

    [Fact]
    public void Exhausted_memory_is_named() =>
        Assert.Equal(FailureCode.OutOfMemory, JobFailure.From(new InvalidOperationException("DefaultCPUAllocator: can't allocate memory: you tried")).Code);

    [Fact]
    public void Every_code_that_has_an_exit_code_is_understood_again() =>
        Assert.All(
            new[] { FailureCode.BadRecipe, FailureCode.NanLoss, FailureCode.OutOfMemory, FailureCode.DiskFull, FailureCode.DatasetMissing },
            code => Assert.Equal(code, ExitCode.Meaning(ExitCode.Of(code))));
}

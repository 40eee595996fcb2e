using WebLab.Engine.Jobs;

namespace WebLab.Engine.Data;

/// <summary>The job kind <c>import</c>: reads <c>request.json</c> (an <see cref="ImportRequest"/>) and packs the data set.</summary>
public static class ImportJob
{
    private static readonly TimeSpan BetweenEvents = TimeSpan.FromMilliseconds(250);

    /// <exception cref="JobFailure"><c>bad-data</c>: the input cannot be imported; nothing of it is kept.</exception>
    public static JobEnd Run(Job job)
    {
        var request = JobJson.Read<ImportRequest>(job.Folder.Request);
        var scratch = Path.Combine(job.Attempt.Path, "scratch");
        var version = typeof(ImportJob).Assembly.GetName().Version!.ToString(3);
        job.Outbox.Append(new AttemptStarted(Environment.ProcessId, "cpu", "CPU", 1, "uint8", "none", version));
        try
        {
            DatasetShelf.CheckId(request.Id);
            var input = request.Path is null ? null : ImportRequest.Resolve(Path.Combine(job.Spec.Data, "uploads"), request.Path);
            var news = new News(job);
            using var reader = request.Open(input, scratch, DatasetLimits.Default, news.Tell);
            var manifest = Importer.Import(DatasetShelf.In(job.Spec.Data).Folder, request.Id, request.Name ?? request.Id, reader, job.Time,
                progress: p => news.Tell("pack", p));
            foreach (var rejected in manifest.Rejected) job.Outbox.Append(new LogLine("warning", $"left out {rejected.Name}: {rejected.Reason}"));
            job.Outbox.Append(new LogLine("info", $"{manifest.Id} {manifest.Version}: {manifest.Train.Count} training and {manifest.Test.Count} test images, {manifest.RejectedCount} files left out"));
            return JobEnd.Completed(new Dictionary<string, double>
            {
                ["import.train"] = manifest.Train.Count,
                ["import.test"] = manifest.Test.Count,
                ["import.rejected"] = manifest.RejectedCount,
                ["import.bytes"] = manifest.Bytes,
            });
        }
        catch (DatasetRefused e)
        {
            throw new JobFailure(FailureCode.BadData, $"{e.Code}: {e.Message}", "Nothing was imported; correct the file and import it again.", e);
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Progress at most four times a second, and a chance to be cancelled at every sample.</summary>
    private sealed class News(Job job)
    {
        private string _phase = "";
        private long _last;

        public void Tell(string phase, ReadProgress progress)
        {
            job.Control.Step();
            if (phase == _phase && job.Time.GetElapsedTime(_last) < BetweenEvents) return;
            (_phase, _last) = (phase, job.Time.GetTimestamp());
            job.Outbox.Append(new ImportProgress(phase, progress.Done, progress.Total, progress.Bytes));
        }
    }
}

using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>What a training run tells: progress at most four times a second, metric points, epochs, probes.</summary>
public sealed class Reporter(Course course, Job job, Vitals? vitals = null)
{
    private static readonly TimeSpan progressEvery = TimeSpan.FromMilliseconds(250);

    private readonly Rate _rate = new(job.Time);
    private long? _toldAt;
    private long _epochAt, _epochImages;

    private int Batch => course.Data.BatchSize;

    public void Started(string? resumedFrom) =>
        job.Outbox.Append(Attempt(course.Device, course.Recipe.Training.Precision, job.Spec.Threads, resumedFrom));

    /// <summary>The first event of an attempt: where it runs.</summary>
    public static AttemptStarted Attempt(Device device, Precision precision, int threads, string? resumedFrom = null) => new(Environment.ProcessId,
        device.ToString(), device.Kind == DeviceKind.Cuda ? Libtorch.CudaName(Math.Max(0, device.Index)) : "CPU", threads,
        precision.ToString().ToLowerInvariant(), Libtorch.Version, typeof(Reporter).Assembly.GetName().Version!.ToString(3), resumedFrom);

    public void EpochStarted()
    {
        (_epochAt, _epochImages) = (job.Time.GetTimestamp(), 0);
        Restart();
    }

    /// <summary>Something that is no step took time.</summary>
    public void Restart() => _rate.Restart();

    /// <summary>Tells about the step just done; true if that was a metric point, so that the interval's sums start anew.</summary>
    public bool Stepped(Position position, double lr)
    {
        _rate.Step();
        _epochImages += Batch;
        Progress(position, lr);
        var updates = course.Method.UpdatesPerBatch;
        if (position.Step / updates % course.Recipe.Training.LogEvery != 0) return false;
        var values = position.Recent.Values(lr);
        if (_rate.ImagesPerSecond(Batch) is > 0 and var speed) values["train.imagesPerSecond"] = speed;
        foreach (var (name, value) in vitals?.Take() ?? new Dictionary<string, double>()) values[name] = value;
        job.Outbox.Append(new MetricsPoint(position.Step, position.Epoch, values));
        return true;
    }

    public void EpochCompleted(Position position, Verdict? verdict)
    {
        var values = position.Tally.Values(course.Lr(position.Step - 1));
        foreach (var (name, value) in course.Method.Told()) values[$"train.{name}"] = value;
        if (verdict is not null) values["train.guardAccuracy"] = verdict.Accuracy;
        var seconds = job.Time.GetElapsedTime(_epochAt).TotalSeconds;
        job.Outbox.Append(new EpochCompleted(position.Epoch, course.Epochs, position.Step, seconds,
            seconds > 0 ? _epochImages / seconds : 0, values));
        if (verdict?.Breakdown is { } why) job.Outbox.Log($"{why} The run ends with the weights of the epoch before.", "warning");
    }

    public Score Probed(Position position, ProbeResult result)
    {
        var values = new Dictionary<string, double> { ["probe.clean"] = result.Score.Clean, [$"probe.{result.Attack}"] = result.Score.Robust };
        foreach (var (name, value) in result.Diagnostics) values[name] = value;
        job.Outbox.Append(new ProbeCompleted(position.Epoch, position.Step, result.Samples, result.Seconds, values));
        if (result.Gallery.Count > 0) job.Outbox.Append(new SampleImages(position.Epoch, Gallery.Save(result.Gallery, job.Folder.Images, position.Epoch)));
        return result.Score;
    }

    /// <summary>The figures of a finished run: those of its best probes, and the epoch in which it broke down.</summary>
    public Dictionary<string, double> Final(Position position)
    {
        var values = new Dictionary<string, double>();
        if (position.BestRobust is { } robust) (values["best.robust"], values["best.robustClean"]) = (robust.Robust, robust.Clean);
        if (position.BestClean is { } clean) values["best.clean"] = clean.Clean;
        if (position.BrokeDown == true) values["train.brokeDownEpoch"] = position.Epoch - 1;
        return values;
    }

    private void Progress(Position position, double lr)
    {
        if (_toldAt is { } at && job.Time.GetElapsedTime(at) < progressEvery) return;
        _toldAt = job.Time.GetTimestamp();
        var steps = course.StepsPerEpoch * course.Epochs;
        var left = (steps - position.Step) / course.Method.UpdatesPerBatch;
        job.Outbox.Append(new StepProgress(position.Epoch, course.Epochs, position.Step, steps,
            position.Tally.Loss / Math.Max(1, position.Tally.Images), lr, _rate.ImagesPerSecond(Batch), _rate.EtaSeconds(left)));
    }
}

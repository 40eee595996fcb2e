using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// The loop: order, batch, augment, the method's step, metrics; after each epoch the probe and a checkpoint. It knows no method by
/// name. Stopped anywhere and started again, it goes on from the last checkpoint to the very same end.
/// </summary>
public sealed class Trainer(Course course, Job job, Vitals? vitals = null)
{
    private readonly Reporter _reporter = new(course, job, vitals);
    private readonly CheckpointShelf _shelf = new(course, job);
    private Position _position = new();
    private long? _liveTensors;

    /// <returns><c>completed</c> or <c>paused</c>; either way the last checkpoint holds the end.</returns>
    /// <exception cref="JobCancelled">Between two attack steps.</exception>
    /// <exception cref="JobFailure"><c>nan-loss</c> and others.</exception>
    public JobEnd Run()
    {
        var resumed = _shelf.Restore();
        if (resumed is not null) _position = resumed.Position;
        _reporter.Started(resumed?.Name);
        while (_position.Epoch <= course.Epochs && _position.BrokeDown is null)
        {
            if (Epoch()) Close();
            else return JobEnd.Paused;
        }
        return JobEnd.Completed(_reporter.Final(_position));
    }

    /// <summary>The rest of the current epoch's batches. False: paused, with a checkpoint.</summary>
    private bool Epoch()
    {
        _reporter.EpochStarted();
        var order = course.Data.Order(course.Rng, _position.Epoch);
        while (_position.Batch < course.Data.Batches)
        {
            Step(order);
            if (job.Control.Wish == Wish.Pause || _shelf.Due)
            {
                _shelf.Save(_position, []);
                _reporter.Restart();
            }
            if (job.Control.Wish == Wish.Pause) return false;
        }
        return true;
    }

    private void Step(long[] order)
    {
        using var scope = Scope.Enter();
        var lesson = course.Lesson(order, _position, job.Control);
        var look = LooksAtClean ? lesson.Look() : new Tally();
        course.Method.Step(lesson);
        var tally = lesson.Tally.CleanSeen > 0 ? lesson.Tally : lesson.Tally + look;
        _position = _position with
        {
            Batch = _position.Batch + 1,
            Step = _position.Step + course.Method.UpdatesPerBatch,
            Tally = _position.Tally + tally,
            Recent = _position.Recent + tally,
        };
        course.Averages?.Update(_position.Step);
        if (_reporter.Stepped(_position, lesson.Lr(0))) _position = _position with { Recent = new Tally() };
        job.Control.Step();
    }

    // Where the method itself passes no clean images, one batch per metric point (and at least one per epoch) tells the clean accuracy.
    private bool LooksAtClean
    {
        get
        {
            var point = ((_position.Step / course.Method.UpdatesPerBatch) + 1) % course.Recipe.Training.LogEvery == 0;
            var last = _position.Batch == course.Data.Batches - 1;
            return (point && _position.Recent.CleanSeen == 0) || (last && _position.Tally.CleanSeen == 0);
        }
    }

    /// <summary>The end of an epoch: report, probe, keep.</summary>
    private void Close()
    {
        var verdict = Judged();
        _reporter.EpochCompleted(_position, verdict);
        if (verdict?.Breakdown is not null)
        {
            course.Rewind!.Restore();
            _position = _position with { Epoch = _position.Epoch + 1, Batch = 0, Tally = new Tally(), BrokeDown = true };
            _shelf.Save(_position, []);
            return;
        }
        course.Rewind?.Keep();
        var tags = Probe();
        _position = _position with { Epoch = _position.Epoch + 1, Batch = 0, Tally = new Tally() };
        if (tags.Count > 0 || _position.Epoch > course.Epochs || (_position.Epoch - 1) % course.Recipe.Training.CheckpointEvery == 0)
            _shelf.Save(_position, tags);
        DemandNoLeak();
    }

    private Verdict? Judged()
    {
        if (!course.Method.Guarded) return null;
        using var scope = Scope.Enter();
        var start = _position with { Batch = 0, Step = _position.Step - course.StepsPerEpoch };
        return course.Method.Judge(course.Lesson(course.Data.Order(course.Rng, _position.Epoch), start, job.Control, mixed: false));
    }

    private List<string> Probe()
    {
        var tags = new List<string>();
        var every = course.Recipe.Probe.Every;
        if (every == 0 || (_position.Epoch % every != 0 && _position.Epoch != course.Epochs)) return tags;
        var score = _reporter.Probed(_position, course.Probed(job.Control, job.Time));
        if (score.MoreRobustThan(_position.BestRobust))
        {
            _position = _position with { BestRobust = score };
            tags.Add(Kept.BestRobust);
        }
        if (score.CleanerThan(_position.BestClean))
        {
            _position = _position with { BestClean = score };
            tags.Add(Kept.BestClean);
        }
        return tags;
    }

    // A tensor that outlives its step would fill the memory in the end; better to fail in the second epoch.
    private void DemandNoLeak()
    {
        _liveTensors ??= Tensor.Live;
        if (Tensor.Live <= _liveTensors) return;
        // What lies outside of every scope ends when it is collected.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (Tensor.Live > _liveTensors)
            throw new InvalidOperationException($"{Tensor.Live - _liveTensors} tensors outlived epoch {_position.Epoch - 1}");
    }
}

using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// The loop: order, batch, augment, the method's step, metrics; after each epoch the probe and a checkpoint. It knows no method by
/// name. Stopped anywhere and started again, it goes on from the last checkpoint to the very same end.
/// </summary>
public sealed class Trainer(Course course, Job job)
{
    private readonly Reporter _reporter = new(course, job);
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
        while (_position.Epoch <= course.Epochs)
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
        course.Method.Step(lesson);
        _position = _position with
        {
            Batch = _position.Batch + 1,
            Step = _position.Step + course.Method.UpdatesPerBatch,
            Tally = _position.Tally + lesson.Tally,
            Recent = _position.Recent + lesson.Tally,
        };
        course.Averages?.Update(_position.Step);
        if (_reporter.Stepped(_position, lesson.Lr(0))) _position = _position with { Recent = new Tally() };
        job.Control.Step();
    }

    /// <summary>The end of an epoch: report, probe, keep.</summary>
    private void Close()
    {
        _reporter.EpochCompleted(_position);
        var tags = Probe();
        _position = _position with { Epoch = _position.Epoch + 1, Batch = 0, Tally = new Tally() };
        if (tags.Count > 0 || _position.Epoch > course.Epochs || (_position.Epoch - 1) % course.Recipe.Training.CheckpointEvery == 0)
            _shelf.Save(_position, tags);
        DemandNoLeak();
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

using WebLab.Engine.Attacks;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>One attack on one batch of an evaluation.</summary>
/// <param name="Row">Places in the tally, N int64.</param>
/// <param name="Y">Labels, N int64.</param>
/// <param name="Outcome">What was found.</param>
/// <param name="Seconds">From reading the images to the last result.</param>
internal sealed record Strike(Tensor Row, Tensor Y, Outcome Outcome, double Seconds)
{
    /// <summary>Reads the images of some rows and attacks them; their chance is keyed by <paramref name="draws"/> and the image.</summary>
    public static Strike At(Job job, Subject subject, Victim victim, Attack attack, Tally tally, long[] rows, string draws)
    {
        var (began, indices, row) = (job.Time.GetTimestamp(), rows.Select(r => tally.Indices[r]).ToArray(), Tensor.From(rows, rows.Length));
        var (x, y) = subject.Read(indices);
        var chance = subject.Rng.Draw(draws, Tensor.From(indices, indices.Length).to(y.device), 0);
        var outcome = attack.Run(victim, x, y, chance, observer: new StepRelay(job.Control), clean: tally.Logits.index_select(0, row).to(y.device));
        Libtorch.Synchronize(y.device);
        return new Strike(row, y, outcome, job.Time.GetElapsedTime(began).TotalSeconds);
    }
}

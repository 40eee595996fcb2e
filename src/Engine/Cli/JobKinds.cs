using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary>What each kind of job does: one line per kind.</summary>
public static class JobKinds
{
    public static IReadOnlyDictionary<string, Func<Job, JobEnd>> All { get; } = new Dictionary<string, Func<Job, JobEnd>>
    {
        ["train"] = TrainJob.Run,
        ["evaluate"] = Evaluation.Run,
        ["inspect"] = Inspection.Run,
        ["import"] = ImportJob.Run,
        ["weights"] = WeightsJob.Run,
    };
}

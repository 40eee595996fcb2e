namespace WebLab.Engine.Jobs;

/// <summary>What <c>job.json</c> says: which verb runs, on how many threads, over which data directory.</summary>
/// <param name="Kind"><c>train</c>, <c>evaluate</c>, <c>inspect</c>, <c>import</c> or <c>weights</c>.</param>
/// <param name="Threads">Compute threads the worker may use, at least 1.</param>
/// <param name="Data">The data directory (<c>WEBLAB_DATA</c>), absolute.</param>
/// <param name="CheckpointSeconds">Longest time between two checkpoints; what a kill can cost.</param>
public sealed record JobSpec(string Kind, int Threads, string Data, double CheckpointSeconds = 60)
{
    /// <exception cref="JobFailure"><c>bad-recipe</c>: the file is missing or not a job.</exception>
    public static JobSpec Read(JobFolder folder) => JobJson.Read<JobSpec>(folder.Spec).Checked(folder);

    public void Write(JobFolder folder)
    {
        Directory.CreateDirectory(folder.Path);
        Durable.Replace(folder.Spec, JobJson.Bytes(this));
    }

    private JobSpec Checked(JobFolder folder)
    {
        if (string.IsNullOrEmpty(Kind)) throw Bad(folder, "kind: missing, want \"train\", \"evaluate\", \"inspect\", \"import\" or \"weights\"");
        if (Threads < 1) throw Bad(folder, $"threads: must be at least 1; got {Threads}");
        if (string.IsNullOrEmpty(Data)) throw Bad(folder, "data: missing, want the data directory");
        if (!(CheckpointSeconds > 0)) throw Bad(folder, $"checkpointSeconds: must be above 0; got {CheckpointSeconds}");
        return this;
    }

    private static JobFailure Bad(JobFolder folder, string text) => new(FailureCode.BadRecipe, $"{folder.Spec}: {text}");
}

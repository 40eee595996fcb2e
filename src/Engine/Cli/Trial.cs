using System.Text;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary>A recipe trained and its last checkpoint evaluated on test images, as two jobs; both go on where they were stopped.</summary>
/// <param name="Data">Data directory.</param>
/// <param name="Folder">Holds the run; the evaluation lies beside it.</param>
/// <param name="Threads">Compute threads.</param>
internal sealed record Trial(string Data, string Folder, int Threads)
{
    /// <summary>The checkpoint that is evaluated; there once the recipe is trained.</summary>
    public string Checkpoint => new Checkpoints(new JobFolder(Folder).Checkpoints).Find(Kept.Last)!;

    /// <summary>Trains.</summary>
    /// <returns>The exit code.</returns>
    public int Train(Recipe recipe)
    {
        var run = new JobFolder(Folder);
        Directory.CreateDirectory(run.Path);
        Durable.Replace(run.Recipe, Encoding.UTF8.GetBytes(RecipeJson.Canonical(recipe)));
        return Finish(run, "train");
    }

    /// <summary>Evaluates the last checkpoint.</summary>
    /// <param name="request">What to measure; its checkpoint is filled in.</param>
    /// <param name="name">Tells several evaluations of one checkpoint apart.</param>
    /// <returns>The exit code; <paramref name="results"/> is there with <see cref="ExitCode.Done"/>.</returns>
    public int Evaluate(EvaluationRequest request, string name, out EvaluationResults? results)
    {
        results = null;
        var evaluation = new JobFolder($"{Folder}-{name}");
        Directory.CreateDirectory(evaluation.Path);
        (request with { Checkpoint = Checkpoint }).Write(evaluation.Request);
        var code = Finish(evaluation, "evaluate");
        if (code == ExitCode.Done) results = JobJson.Read<EvaluationResults>(Path.Combine(evaluation.Path, "results.json"));
        return code;
    }

    // A signal pauses a job, which is no failure; but there is nothing to evaluate or to tell yet.
    private int Finish(JobFolder folder, string kind)
    {
        var completed = false;
        var code = LocalJob.Run(folder, new JobSpec(kind, Threads, Data), e =>
        {
            completed |= e is Finished { Outcome: "completed" };
            Teller.Tell(e);
        });
        if (code != ExitCode.Done || completed) return code;
        Console.Error.WriteLine("stopped before the end");
        return ExitCode.Unknown;
    }
}

using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// The body of jobs of kind <c>weights</c>: the file that lies in the job's folder becomes a checkpoint of step 0 of the network that
/// <c>recipe.json</c> describes. Nothing is trained.
/// </summary>
public static class WeightsJob
{
    /// <summary>Name of the file in the job's folder.</summary>
    public const string FileName = "weights.safetensors";

    /// <exception cref="JobFailure"><c>bad-data</c>: the file is not sound or does not fit; the message names the tensor, what was got and wanted.</exception>
    public static JobEnd Run(Job job)
    {
        var recipe = TrainJob.Read(job.Folder.Recipe);
        Libtorch.SetThreads(job.Spec.Threads);
        job.Outbox.Append(Reporter.Attempt(Device.Cpu, recipe.Training.Precision, job.Spec.Threads));
        using var course = new Course(recipe, BuiltIn.Open(DatasetShelf.In(job.Spec.Data), recipe.Data.Id, recipe.Data.Version, TimeProvider.System), Device.Cpu);
        // What an earlier attempt left is made anew.
        if (Directory.Exists(job.Folder.Checkpoints)) Directory.Delete(job.Folder.Checkpoints, recursive: true);
        try
        {
            using var scope = Scope.Enter();
            PlainWeights.Read(Path.Combine(job.Folder.Path, FileName), course.Network);
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException)
        {
            throw new JobFailure(FailureCode.BadData, e.Message.Replace(job.Folder.Path + Path.DirectorySeparatorChar, ""), "Choose the architecture and options that the file was made with, then import it again.", e);
        }

        course.Averages?.Load(course.Network.Tensors());
        new CheckpointShelf(course, job).Save(new Position(), []);
        return JobEnd.Completed(new Dictionary<string, double> { ["weights.parameters"] = course.Network.ParameterCount });
    }
}

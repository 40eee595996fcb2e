using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>The body of jobs of kind <c>train</c>.</summary>
public static class TrainJob
{
    /// <exception cref="JobFailure">With the code that the failed event carries.</exception>
    public static JobEnd Run(Job job)
    {
        var recipe = Read(job.Folder.Recipe);
        Libtorch.SetThreads(job.Spec.Threads);
        var device = Place(recipe.Device);
        using var course = new Course(recipe, BuiltIn.Open(DatasetShelf.In(job.Spec.Data), recipe.Data.Id, recipe.Data.Version, TimeProvider.System), device);
        using var vitals = new Vitals(job.Folder.Path, device, job.Time);
        return new Trainer(course, job, vitals).Run();
    }

    /// <summary>Reads a recipe file.</summary>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: missing or wrong; every finding is named.</exception>
    public static Recipe Read(string path)
    {
        if (!File.Exists(path)) throw new JobFailure(FailureCode.BadRecipe, $"{path} is missing");
        var read = RecipeJson.Read(File.ReadAllText(path));
        return read.Recipe ?? throw new JobFailure(FailureCode.BadRecipe, string.Join("; ", read.Errors.Select(e => $"{e.Path}: {e.Message}")));
    }

    /// <summary>The device that a recipe or request names.</summary>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: there is no such device here.</exception>
    public static Device Place(string device)
    {
        try
        {
            return Device.Parse(device);
        }
        catch (FormatException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, e.Message);
        }
    }
}

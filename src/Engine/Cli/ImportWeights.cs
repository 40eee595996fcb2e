using System.CommandLine;
using System.Text;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab import-weights FILE.safetensors RECIPE --data DIR --out DIR</c>.</summary>
public static class ImportWeights
{
    public static System.CommandLine.Command Verb()
    {
        var file = new Argument<string>("weights") { Description = "A safetensors file under PyTorch's names." };
        var recipe = Train.RecipeArgument();
        var data = Shared.DataOption();
        var target = new Option<string>("--out") { Description = "Folder of a new run; 'train' with the same recipe and folder goes on from these weights.", Required = true };
        var verb = new System.CommandLine.Command("import-weights", "Begin a run from weights of PyTorch: its first checkpoint can be evaluated and trained on.") { file, recipe, data, target };
        verb.SetAction(parsed =>
        {
            try
            {
                var folder = new JobFolder(Path.GetFullPath(parsed.GetValue(target)!));
                Console.WriteLine(Begin(parsed.GetValue(file)!, Train.Find(parsed.GetValue(recipe)!), Path.GetFullPath(parsed.GetValue(data)!), folder));
                return 0;
            }
            catch (JobFailure e)
            {
                Console.Error.WriteLine($"{e.Code}: {e.Message}");
                return ExitCode.Of(e.Code);
            }
            catch (Exception e) when (e is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"{FailureCode.BadData}: {e.Message}");
                return ExitCode.BadData;
            }
        });
        return verb;
    }

    private static string Begin(string file, Recipe recipe, string data, JobFolder folder)
    {
        using var course = new Course(recipe, BuiltIn.Open(DatasetShelf.In(data), recipe.Data.Id, recipe.Data.Version, TimeProvider.System), Device.Cpu);
        var checkpoint = PlainWeights.Begin(file, course, folder);
        Durable.Replace(folder.Recipe, Encoding.UTF8.GetBytes(RecipeJson.Canonical(recipe)));
        return checkpoint;
    }
}

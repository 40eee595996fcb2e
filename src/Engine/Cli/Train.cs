using System.CommandLine;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab train RECIPE --data DIR --out DIR</c>.</summary>
public static class Train
{
    public static System.CommandLine.Command Verb()
    {
        var recipe = RecipeArgument();
        var data = Shared.DataOption();
        var target = new Option<string>("--out") { Description = "Folder of the run; the same one again goes on where it stopped.", Required = true };
        var threads = Shared.ThreadsOption();
        var verb = new System.CommandLine.Command("train", "Train a network as a recipe says.") { recipe, data, target, threads };
        verb.SetAction(parsed =>
        {
            try
            {
                var folder = new JobFolder(Path.GetFullPath(parsed.GetValue(target)!));
                Directory.CreateDirectory(folder.Path);
                Durable.Replace(folder.Recipe, System.Text.Encoding.UTF8.GetBytes(RecipeJson.Canonical(Find(parsed.GetValue(recipe)!))));
                return LocalJob.Run(folder, new JobSpec("train", parsed.GetValue(threads), Path.GetFullPath(parsed.GetValue(data)!)), Teller.Tell);
            }
            catch (JobFailure e)
            {
                Console.Error.WriteLine($"{e.Code}: {e.Message}");
                return ExitCode.Of(e.Code);
            }
        });
        return verb;
    }

    internal static Argument<string> RecipeArgument() => new("recipe") { Description = "A recipe file, or the name of a preset such as shapes32-pgd-at." };

    internal static Recipe Find(string name) => Presets.Find(name) is { } preset && !File.Exists(name) ? preset.Recipe : TrainJob.Read(name);
}

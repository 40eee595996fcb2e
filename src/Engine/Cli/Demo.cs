using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab demo</c>: standard against adversarial training on shapes32, attacked by PGD-20, in a table.</summary>
public static class Demo
{
    private static readonly string[] recipes = ["shapes32-standard", "shapes32-pgd-at"];

    private static readonly AttackOptions pgd20 = new PgdOptions { Steps = 20 };

    public static System.CommandLine.Command Verb()
    {
        var data = Shared.DataOption();
        var threads = Shared.ThreadsOption();
        var verb = new System.CommandLine.Command("demo", "Train with and without attacks on a drawn data set and attack both networks.") { data, threads };
        verb.SetAction(parsed => Run(Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(threads)));
        return verb;
    }

    private static int Run(string data, int threads)
    {
        var (time, began) = (TimeProvider.System, TimeProvider.System.GetTimestamp());
        var home = Path.Combine(data, "demo");
        if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
        var rows = new List<(string Name, EvaluationResults Results)>();
        foreach (var name in recipes)
        {
            Console.WriteLine(name);
            if (Measure(data, home, name, threads, out var results) is var code && code != ExitCode.Done) return code;
            rows.Add((name, results!));
        }
        Table(rows, time.GetElapsedTime(began));
        return ExitCode.Done;
    }

    private static int Measure(string data, string home, string name, int threads, out EvaluationResults? results)
    {
        results = null;
        var run = new JobFolder(Path.Combine(home, name));
        Directory.CreateDirectory(run.Path);
        Durable.Replace(run.Recipe, System.Text.Encoding.UTF8.GetBytes(RecipeJson.Canonical(Presets.Find(name)!.Recipe)));
        var code = LocalJob.Run(run, new JobSpec("train", threads, data), Teller.Tell);
        if (code != ExitCode.Done) return code;
        var evaluation = new JobFolder(Path.Combine(home, name + "-evaluation"));
        Directory.CreateDirectory(evaluation.Path);
        new EvaluationRequest { Checkpoint = new Checkpoints(run.Checkpoints).Find(Kept.BestRobust), Data = Shapes32.Id, Attacks = [pgd20], Limit = 1000 }.Write(evaluation.Request);
        code = LocalJob.Run(evaluation, new JobSpec("evaluate", threads, data), Teller.Tell);
        if (code == ExitCode.Done) results = JobJson.Read<EvaluationResults>(Path.Combine(evaluation.Path, "results.json"));
        return code;
    }

    private static void Table(List<(string Name, EvaluationResults Results)> rows, TimeSpan took)
    {
        Console.WriteLine();
        Console.WriteLine("test accuracy, %       clean   PGD-20 at 8/255   95 % interval");
        foreach (var (name, results) in rows)
        {
            var robust = results.Attacks[0].Robust;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-20} {100 * results.Clean.Accuracy,7:0.0} {100 * robust.Accuracy,17:0.0}   {100 * robust.Low:0.0} to {100 * robust.High:0.0}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows[0].Results.Samples} images, {took.TotalSeconds:0} s in all"));
    }
}

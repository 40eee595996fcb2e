using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;

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
        var seed = new Option<int>("--seed") { Description = "Draws the images and starts the networks; 0 or more." };
        seed.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int>() < 0) given.AddError($"--seed: must be at least 0; got {given.GetValueOrDefault<int>()}");
        });
        var verb = new System.CommandLine.Command("demo", "Train with and without attacks on a drawn data set and attack both networks.") { data, threads, seed };
        verb.SetAction(parsed => Run(Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(threads), parsed.GetValue(seed)));
        return verb;
    }

    private static int Run(string data, int threads, int seed)
    {
        var (time, began) = (TimeProvider.System, TimeProvider.System.GetTimestamp());
        var home = Path.Combine(data, "demo");
        if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
        if (seed != 0) data = Draw(home, seed);
        var rows = new List<(string Name, EvaluationResults Results)>();
        foreach (var name in recipes)
        {
            Console.WriteLine(name);
            if (Measure(data, home, name, threads, seed, out var results) is var code && code != ExitCode.Done) return code;
            rows.Add((name, results!));
        }
        Table(rows, time.GetElapsedTime(began));
        return ExitCode.Done;
    }

    // The shelf's own shapes32 is drawn from seed 0; another seed's images live in the demo's folder.
    private static string Draw(string home, int seed)
    {
        using var reader = new Shapes32(seed: (ulong)seed);
        Importer.Import(DatasetShelf.In(home).Folder, Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        return home;
    }

    /// <summary>Trains a preset from a seed and evaluates its last checkpoint by PGD-20 on 1,000 test images.</summary>
    /// <param name="data">Data directory.</param>
    /// <param name="home">Folder of both jobs; new.</param>
    /// <param name="name">A preset on shapes32.</param>
    /// <returns>The exit code; <paramref name="results"/> is there with <see cref="ExitCode.Done"/>.</returns>
    internal static int Measure(string data, string home, string name, int threads, int seed, out EvaluationResults? results)
    {
        results = null;
        var trial = new Trial(data, Path.Combine(home, name), threads);
        if (trial.Train(Presets.Find(name)!.Recipe with { Seed = seed }) is var trained && trained != ExitCode.Done) return trained;
        return trial.Evaluate(new EvaluationRequest { Checkpoint = "", Data = Shapes32.Id, Attacks = [pgd20], Limit = 1000, LintImages = 0 }, "evaluation", out results);
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

using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary>
/// <c>weblab bench methods</c>: every training method on the same network and images for about the same number of passes, attacked alike. A
/// row is kept as soon as it is measured, so that the command goes on where it was stopped, also on another machine; the page beside the
/// rows' file shows them as tables.
/// </summary>
public static class BenchMethods
{
    public static System.CommandLine.Command Verb()
    {
        var plan = new Option<string>("--plan") { Description = "What is trained and how it is attacked.", DefaultValueFactory = _ => "benchmarks/methods/plan.json" };
        var target = new Option<string>("--out") { Description = "Rows measured so far, a JSON line each; new ones are added.", DefaultValueFactory = _ => "benchmarks/results/methods.jsonl" };
        var only = new Option<string[]>("--only") { Description = "Only rows of these names.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var (data, threads) = (Shared.DataOption(), Shared.ThreadsOption());
        var verb = new System.CommandLine.Command("methods", "Clean and robust accuracy of every training method for about the same cost.") { plan, target, only, data, threads };
        verb.SetAction(parsed =>
        {
            var file = parsed.GetValue(plan)!;
            if (!File.Exists(file))
            {
                Console.Error.WriteLine($"--plan: {file} is not there; run this at the root of the repository");
                return 66;
            }
            return new MethodLadder(MethodPlan.Read(file), Path.GetFullPath(parsed.GetValue(target)!), Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(threads))
                .Run(parsed.GetValue(only)!);
        });
        return verb;
    }
}

/// <summary>What <c>bench methods</c> measures.</summary>
/// <param name="Images">Test images that are attacked, the same for all.</param>
/// <param name="Attacks">In recipes' form.</param>
/// <param name="Base">A recipe without method and epochs.</param>
/// <param name="Rows">A method each.</param>
/// <param name="Sweeps">Rows that are also attacked by PGD at several radii.</param>
internal sealed record MethodPlan(int Images, IReadOnlyList<AttackOptions> Attacks, JsonObject Base, IReadOnlyList<MethodRow> Rows, IReadOnlyList<RadiusSweep>? Sweeps = null)
{
    public static MethodPlan Read(string path) => JsonSerializer.Deserialize<MethodPlan>(File.ReadAllText(path), OptionsJson.Canonical)!;

    /// <exception cref="InvalidDataException">The row makes no valid recipe; every finding is named.</exception>
    public Recipe Recipe(MethodRow row, int seed)
    {
        var recipe = Base.DeepClone().AsObject();
        recipe["method"] = row.Method.DeepClone();
        recipe["training"]!["epochs"] = row.Epochs;
        recipe["seed"] = seed;
        var read = RecipeJson.Read(recipe);
        return read.Recipe ?? throw new InvalidDataException($"{row.Name}: {string.Join("; ", read.Errors.Select(e => $"{e.Path}: {e.Message}"))}");
    }

    /// <summary>The method of a row.</summary>
    public static MethodOptions Method(MethodRow row) => row.Method.Deserialize<MethodOptions>(OptionsJson.Canonical)!;

    /// <summary>Tells a row from those of another plan, whatever options recipes have gained since.</summary>
    public string Key(MethodRow row, int seed) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Base.ToJsonString()}{row.Method.ToJsonString()}{row.Epochs} {seed}")))[..16];

    public EvaluationRequest Request(IReadOnlyList<AttackOptions> attacks, double? bankWeight = null) =>
        new() { Checkpoint = "", Data = (string)Base["data"]!["id"]!, Attacks = attacks, Mode = EvaluationMode.Individual, LintImages = 0, Limit = Images, BankWeight = bankWeight };
}

/// <param name="Name">As in the papers' tables.</param>
/// <param name="Epochs">As many as make the passes of all rows about the same.</param>
/// <param name="Seeds">A run each.</param>
/// <param name="Method">In recipes' form.</param>
internal sealed record MethodRow(string Name, int Epochs, IReadOnlyList<int> Seeds, JsonObject Method);

/// <param name="Row">Name of the row; its first seed is swept.</param>
/// <param name="Radii">Such as "4/255".</param>
/// <param name="BankWeights">Fixed weights of the adversarial bank beside the network's own choice (AFA).</param>
internal sealed record RadiusSweep(string Row, IReadOnlyList<Budget> Radii, IReadOnlyList<double>? BankWeights = null);

/// <summary>A measured row.</summary>
/// <param name="Key">From <see cref="MethodPlan.Key"/>.</param>
/// <param name="CpuSeconds">Of training, all threads.</param>
/// <param name="BankWeight">Sweeps: the fixed weight.</param>
internal sealed record MethodFigure(string Name, int Seed, string Key, string At, string Machine, int Epochs, double CpuSeconds,
    Rated Clean, IReadOnlyList<AttackFigure> Attacks, Rated? Worst, string? Sweep = null, double? BankWeight = null);

internal sealed record AttackFigure(string Name, string Eps, Rated Robust, IReadOnlyDictionary<string, double>? Fronts);

/// <summary>Measures what is missing.</summary>
internal sealed class MethodLadder(MethodPlan plan, string target, string data, int threads)
{
    public int Run(IReadOnlyCollection<string> only)
    {
        var known = Known();
        MethodReport.Write(Path.ChangeExtension(target, ".md"), plan, known);
        var wanted = plan.Rows.Where(r => only.Count == 0 || only.Contains(r.Name));
        // First seeds of all methods come first: a ladder that is cut short still compares all of them.
        foreach (var (row, seed) in wanted.SelectMany(r => r.Seeds.Select((seed, k) => (Row: r, Seed: seed, k))).OrderBy(r => r.k).Select(r => (r.Row, r.Seed)))
        {
            var recipe = plan.Recipe(row, seed);
            var key = plan.Key(row, seed);
            var trial = new Trial(data, Path.Combine(data, "methods", key), threads);
            if (!known.Any(f => f.Key == key && f.Sweep is null))
                if (Measure(row, recipe, key, trial) is var code && code != ExitCode.Done) return code;
            foreach (var sweep in (plan.Sweeps ?? []).Where(s => s.Row == row.Name && seed == row.Seeds[0]))
                if (Sweep(sweep, row, recipe, key, trial, known) is var code && code != ExitCode.Done) return code;
        }
        return ExitCode.Done;
    }

    private int Measure(MethodRow row, Recipe recipe, string key, Trial trial)
    {
        Console.WriteLine($"{row.Name}, seed {recipe.Seed}");
        var before = Environment.CpuUsage.TotalTime;
        if (trial.Train(recipe) is var trained && trained != ExitCode.Done) return trained;
        var spent = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        if (trial.Evaluate(plan.Request(plan.Attacks), "evaluation", out var results) is var evaluated && evaluated != ExitCode.Done) return evaluated;
        Keep(Figure(row, recipe, key, results!) with { CpuSeconds = spent });
        return ExitCode.Done;
    }

    private int Sweep(RadiusSweep sweep, MethodRow row, Recipe recipe, string key, Trial trial, List<MethodFigure> known)
    {
        foreach (var weight in (sweep.BankWeights ?? []).Select(w => (double?)w).Prepend(null))
        {
            if (known.Any(f => f.Key == key && f.Sweep is not null && f.BankWeight == weight)) continue;
            if (trial.Train(recipe) is var trained && trained != ExitCode.Done) return trained;
            var attacks = sweep.Radii.Select(AttackOptions (eps) => new PgdOptions { Eps = eps, StepSize = Budget.Parse(string.Create(CultureInfo.InvariantCulture, $"{eps.Value / 4:R}")), Steps = 20 }).ToList();
            var name = weight is { } w ? string.Create(CultureInfo.InvariantCulture, $"sweep-{w}") : "sweep";
            if (trial.Evaluate(plan.Request(attacks, weight), name, out var results) is var code && code != ExitCode.Done) return code;
            Keep(Figure(row, recipe, key, results!) with { Sweep = "PGD-20", BankWeight = weight });
        }
        return ExitCode.Done;
    }

    private static MethodFigure Figure(MethodRow row, Recipe recipe, string key, EvaluationResults results) => new(row.Name, recipe.Seed, key,
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), $"{Processor.This.Cores} cores of {Processor.This.Name}",
        recipe.Training.Epochs, 0, results.Clean, [.. results.Attacks.Select(a => new AttackFigure(a.Name, a.Attack.GetProperty("eps").GetString()!, a.Robust, a.Fronts))], results.WorstCase);

    private List<MethodFigure> Known() =>
        File.Exists(target) ? [.. File.ReadLines(target).Select(l => JsonSerializer.Deserialize<MethodFigure>(l, JobJson.Options)!)] : [];

    private void Keep(MethodFigure figure)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.AppendAllText(target, JsonSerializer.Serialize(figure, JobJson.Options) + "\n");
        MethodReport.Write(Path.ChangeExtension(target, ".md"), plan, Known());
    }
}

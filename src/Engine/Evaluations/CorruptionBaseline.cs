using WebLab.Engine.Jobs;

namespace WebLab.Engine.Evaluations;

/// <summary>A network's mean errors under corruptions, which another's are measured by.</summary>
/// <param name="Name">What is shown.</param>
/// <param name="Clean">Error without corruption; null: not known.</param>
/// <param name="Errors">By corruption: mean over the severities, in (0,1].</param>
public sealed record CorruptionBaseline(string Name, double? Clean, IReadOnlyDictionary<string, double> Errors)
{
    private const string BuiltIn = "alexnet";

    // Hendrycks and Dietterich 2019, repository: means over the five severities of ImageNet-C; the clean error is rounded.
    internal static readonly CorruptionBaseline AlexNet = new("AlexNet on ImageNet-C (published)", .435, new Dictionary<string, double>
    {
        ["gaussian-noise"] = .886428, ["shot-noise"] = .894468, ["impulse-noise"] = .922640, ["defocus-blur"] = .819880, ["glass-blur"] = .826268,
        ["motion-blur"] = .785948, ["zoom-blur"] = .798360, ["snow"] = .866816, ["frost"] = .826572, ["fog"] = .819324, ["brightness"] = .564592,
        ["contrast"] = .853204, ["elastic-transform"] = .646056, ["pixelate"] = .717840, ["jpeg-compression"] = .606500,
    });

    private static readonly int[] Published = [1, 2, 3, 4, 5];

    public static bool IsBuiltIn(string name) => name == BuiltIn;

    /// <param name="name"><c>alexnet</c>, or the folder of an evaluation.</param>
    /// <param name="data">The data directory.</param>
    /// <param name="severities">Those that are tried: the baseline's must be the same.</param>
    /// <exception cref="JobFailure"><c>bad-recipe</c>.</exception>
    public static CorruptionBaseline Find(string name, string data, IReadOnlyList<int> severities)
    {
        if (IsBuiltIn(name)) return severities.SequenceEqual(Published) ? AlexNet : throw Bad("AlexNet's errors are means over all five severities; ask for severities 1 to 5, or for another baseline");
        var path = Path.Combine(data, name, "results.json");
        if (!File.Exists(path)) throw Bad($"{path} is not there; wanted {BuiltIn}, or the folder of a completed evaluation");
        var results = JobJson.Read<EvaluationResults>(path);
        if (results.Corruptions is not { } own) throw Bad($"the evaluation in {name} tried no corruptions");
        if (!own.Severities.SequenceEqual(severities)) throw Bad($"the evaluation in {name} tried severities {string.Join(", ", own.Severities)}; this one tries {string.Join(", ", severities)}");
        return new CorruptionBaseline(Path.GetFileName(Path.TrimEndingDirectorySeparator(name)), 1 - own.Clean, own.Corruptions.ToDictionary(c => c.Name, c => c.Error));
    }

    /// <summary>Ratios of sums over the severities, not means of ratios. Corruptions that the baseline lacks, or makes no error on, have none.</summary>
    internal CorruptionsAgainst Compare(CorruptionResults results)
    {
        var both = results.Corruptions.Where(c => Errors.GetValueOrDefault(c.Name) > 0).ToList();
        var counted = both.Where(c => c.Counts).ToList();
        return new CorruptionsAgainst(Name, Clean, Mean(counted.Select(c => (double?)(c.Error / Errors[c.Name]))), Mean(counted.Select(Lost)), counted.Count,
            both.ToDictionary(c => c.Name, c => c.Error / Errors[c.Name]));

        double? Lost(CorruptionRated c) => 1 - results.Clean is { } clean && Clean is { } other && Errors[c.Name] > other ? (c.Error - clean) / (Errors[c.Name] - other) : null;
    }

    // Of none, or with one that is not known: not known.
    private static double? Mean(IEnumerable<double?> values) => values.ToList() is { Count: > 0 } all && all.All(v => v is not null) ? all.Average() : null;

    private static JobFailure Bad(string message) => new(FailureCode.BadRecipe, $"corruptionBaseline: {message}");
}

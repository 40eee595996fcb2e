using System.Text.Json;

namespace WebLab.Engine.Evaluations;

/// <summary><c>results.json</c> of an evaluation.</summary>
/// <param name="Checkpoint">The folder as it was asked for.</param>
/// <param name="WeightsSha256">Of the weights that were attacked.</param>
/// <param name="Data">Data set id.</param>
/// <param name="Version">Data set version.</param>
/// <param name="Split"><c>train</c> or <c>test</c>.</param>
/// <param name="Clean">Share of images classified correctly.</param>
/// <param name="Attacks">In the order asked for.</param>
/// <param name="WorstCase">Share of images that no attack broke; null without attacks.</param>
/// <param name="Classes">Classes that were scored, where the data set has others than the network or has them in another order.</param>
/// <param name="Groups">Of each part of the data set that has images among these, such as a corruption's severity.</param>
public sealed record EvaluationResults(string Checkpoint, string WeightsSha256, string Data, string Version, string Split, int Samples, int Seed,
    string Precision, Rated Clean, IReadOnlyList<AttackRated> Attacks, Rated? WorstCase, int? Classes = null,
    IReadOnlyList<GroupRated>? Groups = null);

/// <param name="Name">As in the data set's manifest.</param>
/// <param name="Clean">Share of its images classified correctly.</param>
public sealed record GroupRated(string Name, Rated Clean);

/// <summary>A rate with its 95 % interval (Wilson).</summary>
public sealed record Rated(double Accuracy, double Low, double High, long Right, long Total)
{
    public static Rated Of(long right, long total)
    {
        var interval = Interval.Wilson(right, total);
        return new Rated(interval.Rate, interval.Low, interval.High, right, total);
    }
}

/// <param name="Name">Short and unique, such as <c>pgd20</c>.</param>
/// <param name="Attack">The options.</param>
/// <param name="Robust">Images classified correctly before and after; those with errors count as lost.</param>
/// <param name="Errors">Images on which the network or its gradient was not finite.</param>
/// <param name="Seconds">Of this attempt's own work.</param>
/// <param name="Forward">Forward passes, one per image.</param>
/// <param name="Backward">Backward passes, one per image.</param>
/// <param name="Fronts">Share of images left after each front of a network that is attacked from several sides, in order: main, combined, aux, soft; each takes on what the ones before left.</param>
public sealed record AttackRated(string Name, JsonElement Attack, Rated Robust, long Errors, double Seconds, long Forward, long Backward,
    IReadOnlyDictionary<string, double>? Fronts = null);

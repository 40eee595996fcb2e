using System.Text.Json;
using WebLab.Engine.Lint;

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
/// <param name="Mode"><c>cascade</c> or <c>individual</c>.</param>
/// <param name="EightBit">The worst case when adversarial images are rounded to 8 bits: those that lose their effect count as robust.</param>
/// <param name="Place">Where it was run.</param>
/// <param name="Lint">Whether the worst case can be believed; null where nothing was attacked within a radius, or nobody asked.</param>
/// <param name="Groups">Of each part of the data set that has images among these, such as a corruption's severity.</param>
/// <param name="Corruptions">Accuracy under common corruptions, where they were asked for or the data set is made of them.</param>
/// <param name="Curve">Accuracy over the radius, where it was asked for.</param>
public sealed record EvaluationResults(string Checkpoint, string WeightsSha256, string Data, string Version, string Split, int Samples, int Seed,
    string Precision, Rated Clean, IReadOnlyList<AttackRated> Attacks, Rated? WorstCase, int? Classes = null,
    IReadOnlyList<GroupRated>? Groups = null, string Mode = "individual", Rated? EightBit = null, EvaluationPlace? Place = null,
    LintReport? Lint = null, CorruptionResults? Corruptions = null, CurveResults? Curve = null);

/// <param name="Device"><c>cpu</c>, <c>cuda:0</c>, ...</param>
/// <param name="Processor">Its name.</param>
/// <param name="Libtorch">Version.</param>
/// <param name="WebLab">Version.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="BatchSize">Images attacked at once.</param>
public sealed record EvaluationPlace(string Device, string Processor, string Libtorch, string WebLab, int Threads, int BatchSize);

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
/// <param name="Robust">Images left: in a cascade after this attack and all before it, else after this one alone. Errors count as lost.</param>
/// <param name="Errors">Images on which the network or its gradient was not finite.</param>
/// <param name="Seconds">Of all attempts together.</param>
/// <param name="Forward">Forward passes, one per image.</param>
/// <param name="Backward">Backward passes, one per image.</param>
/// <param name="Fronts">Share of images left after each front of a network that is attacked from several sides, in order: main, combined, aux, soft; each takes on what the ones before left.</param>
/// <param name="Alive">Images that it was run on.</param>
/// <param name="Broke">How many of them it broke.</param>
/// <param name="EightBitLost">Images that it broke and that are classified correctly again once they are rounded to 8 bits.</param>
/// <param name="Ensemble">The ensemble it is a part of, as <c>autoattack standard</c>.</param>
public sealed record AttackRated(string Name, JsonElement Attack, Rated Robust, long Errors, double Seconds, long Forward, long Backward,
    IReadOnlyDictionary<string, double>? Fronts = null, long? Alive = null, long? Broke = null, long? EightBitLost = null, string? Ensemble = null);

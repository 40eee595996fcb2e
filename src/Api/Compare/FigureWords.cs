using WebLab.Engine.Catalog;

namespace WebLab.Api.Compare;

/// <summary>What figures are called, how they are read, and which way is better.</summary>
public static class FigureWords
{
    public static (string Name, Measure Measure, Better Better) Of(string key) => key switch
    {
        "probe.clean" => ("Clean accuracy, probe", Measure.Share, Better.More),
        "eval.clean" => ("Clean accuracy, evaluation", Measure.Share, Better.More),
        "eval.worst" => ("Worst case, evaluation", Measure.Share, Better.More),
        "best.robust" => ("Best robust accuracy, probe", Measure.Share, Better.More),
        "best.robustClean" => ("Clean accuracy at the most robust", Measure.Share, Better.More),
        "best.clean" => ("Best clean accuracy, probe", Measure.Share, Better.More),
        "best.epoch" => ("Epoch of the most robust", Measure.Number, Better.Neither),
        "train.loss" => ("Training loss", Measure.Number, Better.Less),
        "train.accuracy" => ("Training accuracy, clean", Measure.Share, Better.More),
        "train.robustAccuracy" => ("Training accuracy, attacked", Measure.Share, Better.More),
        "train.guardAccuracy" => ("Guard accuracy", Measure.Share, Better.More),
        "lr" => ("Learning rate", Measure.Number, Better.Neither),
        "run.seconds" => ("Time of work", Measure.Seconds, Better.Less),
        "run.imagesPerSecond" => ("Images per second", Measure.Number, Better.More),
        _ when Behind(key, "probe.") is { } attack => ($"{Attack(attack)} accuracy, probe", Measure.Share, Better.More),
        _ when Behind(key, "eval.") is { } attack => ($"{Attack(attack)} accuracy, evaluation", Measure.Share, Better.More),
        _ when Behind(key, "train.loss.") is { } part => ($"Loss, {part}", Measure.Number, Better.Neither),
        _ => (key, Measure.Number, Better.Neither),
    };

    // What is asked most stands first.
    internal static int Rank(string key) => key switch
    {
        "eval.worst" => 0, "eval.clean" => 1, "probe.clean" => 3, "best.robust" => 5, "best.clean" => 6, "best.robustClean" => 7, "best.epoch" => 8, "train.loss" => 9, "run.seconds" => 20, "run.imagesPerSecond" => 21,
        _ when key.StartsWith("eval.", StringComparison.Ordinal) => 2,
        _ when key.StartsWith("probe.", StringComparison.Ordinal) => 4,
        _ when key.StartsWith("train.", StringComparison.Ordinal) && !key.StartsWith("train.loss.", StringComparison.Ordinal) => 10,
        _ => 30,
    };

    private static string? Behind(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : null;

    /// <summary>A stage of a battery or a probe as people write it: <c>PGD-20</c> for <c>pgd20</c>, <c>FGSM</c> for <c>fgsm</c>, <c>FAB-T</c> for <c>aa-fab-t</c>; the name itself where there is no better one.</summary>
    public static string Attack(string name) => (Behind(name, "aa-") ?? Behind(name, "quick-")) is { } member ? Attack(member) : Behind(name, "pgd") is { Length: > 0 } steps ? $"PGD-{steps}" : Kinds.Attacks.Find(name)?.About.Title ?? name;
}

using System.Text.Json;
using System.Text.Json.Serialization;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>What a notice can tell of.</summary>
public enum NoticeKind { Finished, Failed, Stalled, Watchdog, Threshold }

/// <summary>Which side of a value counts as reached.</summary>
public enum ThresholdSide
{
    [JsonStringEnumMemberName(">=")] AtLeast,
    [JsonStringEnumMemberName("<=")] AtMost,
}

/// <summary>A metric of runs and the value at which somebody wants to hear of it, such as <c>probe.pgd10 >= 0.5</c>.</summary>
/// <param name="Metric">Of probes and epochs: <c>probe.clean</c>, <c>probe.pgd10</c>, <c>train.loss</c>, … (docs/architecture.md lists them).</param>
/// <param name="Comparison"><c>>=</c> or <c>&lt;=</c>.</param>
/// <param name="Value">A finite number; accuracies lie in [0,1].</param>
public sealed record Threshold(string Metric, ThresholdSide Comparison, double Value)
{
    /// <summary>Such as <c>probe.pgd10 >= 0.5</c>.</summary>
    public string Words => FormattableString.Invariant($"{Metric} {(Comparison == ThresholdSide.AtLeast ? ">=" : "<=")} {Value}");

    public bool IsReachedBy(double value) => Comparison == ThresholdSide.AtLeast ? value >= Value : value <= Value;

    internal static IEnumerable<(string Path, string Message)> Errors(Threshold? threshold, string path)
    {
        if (threshold is null) yield break;
        if (threshold.Metric.Length is 0 or > 80 || !threshold.Metric.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            yield return ($"{path}.metric", $"got '{threshold.Metric}', wanted the name of a metric such as probe.pgd10");
        if (!double.IsFinite(threshold.Value)) yield return ($"{path}.value", "wanted a finite number");
    }
}

/// <summary>What a person has chosen, kept with the account so that it follows to other browsers.</summary>
/// <param name="Notices">Kinds of notices that are wanted.</param>
/// <param name="Thresholds">For notices of the kind threshold; each is told once per run.</param>
/// <param name="TourDone">Whether the tour was seen or put away.</param>
public sealed record Preferences(IReadOnlyList<NoticeKind> Notices, IReadOnlyList<Threshold> Thresholds, bool TourDone)
{
    public const int MostThresholds = 20;

    /// <summary>What holds until something is chosen.</summary>
    public static readonly Preferences Default = new(Enum.GetValues<NoticeKind>(), [], false);

    /// <summary>What is absent or cannot be read holds as by default.</summary>
    public static Preferences Read(string json)
    {
        try
        {
            var patch = JsonSerializer.Deserialize<PreferencesPatch>(json, Json.Options);
            return patch is null ? Default : Default.With(patch);
        }
        catch (JsonException)
        {
            return Default;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Json.Options);

    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public Preferences With(PreferencesPatch patch)
    {
        var errors = (patch.Thresholds ?? []).SelectMany((t, i) => Threshold.Errors(t, $"thresholds[{i}]")).ToList();
        if (patch.Thresholds?.Count > MostThresholds) errors.Add(("thresholds", $"got {patch.Thresholds.Count}, wanted at most {MostThresholds}"));
        if (errors.Count > 0) throw Refusal.Invalid(errors);
        return new Preferences([.. (patch.Notices ?? Notices).Distinct()], patch.Thresholds ?? Thresholds, patch.TourDone ?? TourDone);
    }
}

/// <summary>What to change; what is absent stays.</summary>
public sealed record PreferencesPatch(IReadOnlyList<NoticeKind>? Notices = null, IReadOnlyList<Threshold>? Thresholds = null, bool? TourDone = null);

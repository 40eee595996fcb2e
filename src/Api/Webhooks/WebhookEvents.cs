using System.Globalization;
using WebLab.Api.Accounts;
using WebLab.Api.Notices;

namespace WebLab.Api.Webhooks;

/// <summary>The events that a webhook asks for, as its row keeps them: <c>,run.failed,probe.pgd10>=0.5,</c>.</summary>
public static class WebhookEvents
{
    public const string Test = "test", Threshold = "threshold";

    /// <summary>What may be asked for, besides thresholds.</summary>
    public static readonly IReadOnlyList<string> Names = ["run.finished", "run.failed", "run.stalled", "run.watchdog"];

    public static string Write(IEnumerable<string> events, IEnumerable<Threshold> thresholds)
    {
        var words = events.Distinct().Concat(thresholds.Distinct().Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Metric}{Sign(t)}{t.Value:R}"))).ToList();
        return words.Count == 0 ? "" : $",{string.Join(',', words)},";
    }

    public static IReadOnlyList<string> Read(string list) => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(Names.Contains)];

    public static IReadOnlyList<Threshold> Thresholds(string list) => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Parse).OfType<Threshold>()];

    public static bool Wants(string list, News news) => news.Threshold is { } threshold ? Thresholds(list).Contains(threshold) : Read(list).Contains(news.Event);

    private static string Sign(Threshold t) => t.Comparison == ThresholdSide.AtLeast ? ">=" : "<=";

    private static Threshold? Parse(string word)
    {
        foreach (var (sign, comparison) in new[] { (">=", ThresholdSide.AtLeast), ("<=", ThresholdSide.AtMost) })
            if (word.IndexOf(sign, StringComparison.Ordinal) is > 0 and var at && double.TryParse(word[(at + 2)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                return new Threshold(word[..at], comparison, value);
        return null;
    }
}

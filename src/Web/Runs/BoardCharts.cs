using WebLab.Api.Runs;
using WebLab.Web.Parts;

namespace WebLab.Web.Runs;

/// <summary>A run on a board of charts.</summary>
/// <param name="Name">As the legend calls it.</param>
public sealed record BoardRun(string Id, string Name)
{
    /// <summary>With names that tell them apart: runs of one name get the end of their id behind it.</summary>
    public static IReadOnlyList<BoardRun> Of(IEnumerable<(string Id, string Name)> runs)
    {
        var all = runs.ToList();
        return [.. all.Select(r => new BoardRun(r.Id, all.Count(o => o.Name == r.Name) > 1 ? $"{r.Name} ({Format.Short(r.Id)})" : r.Name))];
    }
}

/// <summary>What a chart of metrics shows.</summary>
/// <param name="Key">Names it in the address.</param>
/// <param name="Keys">Its metrics; a trailing <c>*</c> takes all that begin so.</param>
/// <param name="Scale">Values are divided by it, so that bytes read as GiB.</param>
public sealed record BoardChart(string Key, string Title, IReadOnlyList<string> Keys, bool Percent = false, string Unit = "", string Empty = "First points after a few steps",
    string Note = "", double Scale = 1)
{
    public bool Takes(string metric) => Keys.Any(k => k.EndsWith('*') ? metric.StartsWith(k[..^1], StringComparison.Ordinal) : k == metric);
}

/// <summary>Which charts there are, and what their lines are called.</summary>
public static class BoardCharts
{
    private const double GiB = 1 << 30;

    /// <summary>Those that every training run is opened with.</summary>
    public static readonly IReadOnlyList<BoardChart> Headline =
    [
        new("accuracy", "Accuracy on held-out images", ["probe.*"], Percent: true, Empty: "First probe after epoch 1"),
        new("loss", "Training loss", ["train.loss"]),
        new("training", "Training accuracy", ["train.accuracy", "train.robustAccuracy"], Percent: true),
        new("rate", "Learning rate", ["lr"]),
        new("speed", "Throughput", ["train.imagesPerSecond"], Unit: "images/s"),
        new("cpu", "Processors used by the worker", ["system.cpu"], Percent: true, Empty: "First sample after a few seconds"),
    ];

    /// <summary>What the worker takes of the machine.</summary>
    public static readonly IReadOnlyList<BoardChart> Machine =
    [
        new("memory", "Memory of the worker", ["system.memory", "system.gpuMemory"], Unit: "GiB", Scale: GiB, Empty: "First sample after a few seconds"),
        new("free", "Free on the machine", ["system.memoryFree", "system.diskFree"], Unit: "GiB", Scale: GiB, Empty: "First sample after a few seconds"),
        new("gpu", "GPU in use", ["system.gpu"], Percent: true, Empty: "No GPU, or none that tells"),
    ];

    // Metrics of one prefix share a chart, a line each.
    private static readonly (string Prefix, string Title, string Note)[] Kin =
    [
        ("train.loss.", "Parts of the loss", "Each before it is weighed."),
        ("train.shift.", "Size of feature perturbations", "L2 norm of the perturbation over that of the feature map, by place."),
        (RunStory.StrengthPrefix, "Learned strength by place", "How much of its attack each place keeps; near 0 a place is switched off."),
        ("diagnostic.", "Diagnostics of the probe", ""),
    ];

    /// <summary>The charts that a run's other metrics make: families together, the rest one by one.</summary>
    public static IReadOnlyList<BoardChart> Others(IEnumerable<string> metrics)
    {
        var rest = metrics.Where(m => !Headline.Concat(Machine).Any(c => c.Takes(m))).Distinct().Order(StringComparer.Ordinal).ToList();
        return [.. Kin.Where(k => rest.Exists(m => m.StartsWith(k.Prefix, StringComparison.Ordinal))).Select(k => new BoardChart(k.Prefix, k.Title, [$"{k.Prefix}*"], Note: k.Note)),
            .. rest.Where(m => !Kin.Any(k => m.StartsWith(k.Prefix, StringComparison.Ordinal))).Select(m => new BoardChart(m, m, [m], Percent: m.EndsWith("ccuracy", StringComparison.Ordinal)))];
    }

    /// <summary>What a metric is called in the legend of a chart.</summary>
    public static string Words(string metric) => metric switch
    {
        "train.loss" => "loss",
        "train.accuracy" => "clean",
        "train.robustAccuracy" => "on attacked images",
        "train.imagesPerSecond" => "images/s",
        "lr" => "learning rate",
        "system.cpu" => "processors",
        "system.memory" => "resident",
        "system.gpuMemory" => "on the GPU",
        "system.memoryFree" => "memory",
        "system.diskFree" => "disk",
        "system.gpu" => "GPU",
        _ => Kin.FirstOrDefault(k => metric.StartsWith(k.Prefix, StringComparison.Ordinal)) is { Prefix: { } prefix } ? metric[prefix.Length..] : ProbeNames.Of(metric),
    };

    // The same quantity has the same tone on every page.
    private static int Tone(string metric, int place) => metric switch
    {
        "probe.clean" or "train.accuracy" or "system.cpu" or "system.memory" or "system.memoryFree" => Tones.Clean,
        "train.loss" or "train.robustAccuracy" or "system.gpuMemory" or "system.diskFree" => Tones.Robust,
        "lr" => Tones.Rate,
        "train.imagesPerSecond" => Tones.Other,
        _ => place,
    };

    /// <summary>Beside others the dash tells the quantity; these words tell which is which.</summary>
    public static string Dashes(BoardChart chart, IReadOnlyDictionary<string, RunMetrics> found)
    {
        string[] words = ["solid", "dashed", "dotted"];
        var metrics = Metrics(chart, found);
        return metrics.Count is > 1 and <= 3 ? string.Join(", ", metrics.Select((m, k) => $"{words[k]}: {Words(m)}")) : "";
    }

    private static List<string> Metrics(BoardChart chart, IReadOnlyDictionary<string, RunMetrics> found) =>
        [.. found.Values.SelectMany(m => m.Series).Select(s => s.Key).Where(chart.Takes).Distinct().OrderBy(m => m == "probe.clean" ? 0 : 1).ThenBy(m => m, StringComparer.Ordinal)];

    /// <summary>The lines of a chart. Alone, a run's lines differ by colour and dash; beside others colour and mark are the run's, and the dash is the quantity's.</summary>
    /// <param name="axis">Where a point of a run stands on the x axis.</param>
    public static List<ChartLine> Lines(BoardChart chart, IReadOnlyList<BoardRun> runs, IReadOnlyDictionary<string, RunMetrics> found, Func<RunMetrics, MetricView, int, double> axis)
    {
        var metrics = Metrics(chart, found);
        var seats = RunSeats.Of([.. runs.Select(r => r.Id)]);
        var (lines, behind) = (new List<ChartLine>(), new List<ChartLine>());
        for (var r = 0; r < runs.Count; r++)
        {
            if (!found.TryGetValue(runs[r].Id, out var told)) continue;
            foreach (var view in told.Series.Where(s => metrics.Contains(s.Key)))
            {
                var place = metrics.IndexOf(view.Key);
                var alone = runs.Count == 1;
                var name = alone ? Words(view.Key) : metrics.Count == 1 ? runs[r].Name : $"{runs[r].Name}, {Words(view.Key)}";
                ChartLine Line(IReadOnlyList<double?> values, bool faint)
                {
                    var line = new ChartLine(name, alone ? Tone(view.Key, place) : seats[r]) { Dash = place, Mark = alone ? null : seats[r], Faint = faint };
                    line.Replace([.. values.Select((v, i) => new ChartPoint(axis(told, view, i), v / chart.Scale ?? double.NaN))]);
                    return line;
                }

                lines.Add(Line(view.Smoothed ?? view.Values, false));
                if (view.Smoothed is not null) behind.Add(Line(view.Values, true));
            }
        }

        return [.. lines, .. behind];
    }
}

/// <summary>What the figures of a probe are called.</summary>
public static class ProbeNames
{
    public static string Of(string metric) => metric[(metric.IndexOf('.') + 1)..] switch
    {
        "clean" => "clean",
        "auxAccuracy" => "clean, helper head",
        "bankWeight" => "adversarial bank",
        "bankWeightAttacked" => "adversarial bank, attacked",
        "headAgreement" => "heads agree",
        "headAgreementAttacked" => "heads agree, attacked",
        "maskSwap" => "led by the mask",
        var attack when attack.StartsWith("pgd", StringComparison.Ordinal) => "PGD-" + attack[3..],
        var other => other,
    };

    /// <summary>As the head of a column.</summary>
    public static string Title(string metric) => Of(metric) is { Length: > 0 } name ? char.ToUpperInvariant(name[0]) + name[1..] : metric;
}

using System.Globalization;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary>Events in a line each, for somebody at a terminal.</summary>
internal static class Teller
{
    public static void Tell(EventData data)
    {
        if (Line(data) is { } line) Console.WriteLine(line);
    }

    private static string? Line(EventData data) => data switch
    {
        AttemptStarted e => $"{e.DeviceName}, {e.Threads} threads, {e.Precision}, libtorch {e.Libtorch}" + (e.ResumedFrom is { } from ? $", resumed from {from}" : ""),
        EpochCompleted e => Text($"epoch {e.Epoch}/{e.Epochs}  {Figures(e.Values)}  {e.Seconds:0.0} s  {e.ImagesPerSecond:0} images/s"),
        ProbeCompleted e => Text($"  probe of {e.Samples}  {Figures(e.Values)}  {e.Seconds:0.0} s"),
        CheckpointSaved e => $"  saved {e.Name} ({string.Join(", ", e.Kept)})",
        AttackResult e when e.Done == e.Total => Text($"{e.Attack,-12} {e.Accuracy:0.0000}  [{e.Low:0.0000}, {e.High:0.0000}]  n={e.Total}  {e.Seconds:0.0} s"),
        CorruptionResult e when e.Done == e.Total => Text($"{e.Corruption,-18} {string.Join("  ", e.Accuracies.Select(a => Text($"{a:0.0000}")))}  n={e.Total}  {e.Seconds:0.0} s"),
        CurveResult e when e.Done == e.Total => Text($"{(e.Audit ? "audit" : "radius")} {e.Radius,-10} {e.Accuracy:0.0000}  [{e.Low:0.0000}, {e.High:0.0000}]  n={e.Total}  {e.Seconds:0.0} s"),
        LogLine e => $"{e.Level}: {e.Text}",
        Finished e => $"{e.Outcome}  {Figures(e.Values)}",
        _ => null,
    };

    private static string Figures(IReadOnlyDictionary<string, double> values) =>
        string.Join("  ", values.Select(v => Text($"{v.Key} {v.Value:0.####}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Text.Json.Serialization;

namespace WebLab.Engine.Jobs;

/// <summary>What happens to an event on its way: who must not lose it, and whether history keeps it.</summary>
public enum Keeping
{
    /// <summary>Only the latest one matters; a kill may lose it.</summary>
    Latest,

    /// <summary>Kept in history; the last second of them may be lost in a power cut.</summary>
    Kept,

    /// <summary>Kept, and on the disk before the worker goes on.</summary>
    Durable,
}

/// <summary>The payload of one event of a worker. The table in docs/architecture.md is these records.</summary>
public abstract record EventData([property: JsonIgnore] string Type, [property: JsonIgnore] Keeping Keeping);

public sealed record AttemptStarted(int Pid, string Device, string DeviceName, int Threads, string Precision,
    string Libtorch, string Version, string? ResumedFrom = null) : EventData("attemptStarted", Keeping.Durable);

/// <summary>Where the run is. At most four a second.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="Step">Optimiser steps since the start of the run.</param>
/// <param name="Steps">Optimiser steps of the whole run.</param>
public sealed record StepProgress(int Epoch, int Epochs, long Step, long Steps, double Loss, double Lr,
    double ImagesPerSecond, double EtaSeconds) : EventData("stepProgress", Keeping.Latest);

public sealed record MetricsPoint(long Step, int Epoch, IReadOnlyDictionary<string, double> Values)
    : EventData("metrics", Keeping.Kept);

public sealed record EpochCompleted(int Epoch, int Epochs, long Step, double Seconds, double ImagesPerSecond,
    IReadOnlyDictionary<string, double> Values) : EventData("epochCompleted", Keeping.Durable);

/// <param name="Values">Accuracies in [0,1]: <c>probe.clean</c>, <c>probe.pgd10</c>, ...</param>
public sealed record ProbeCompleted(int Epoch, long Step, int Samples, double Seconds,
    IReadOnlyDictionary<string, double> Values) : EventData("probeCompleted", Keeping.Durable);

public sealed record SampleImages(int Epoch, IReadOnlyList<SampleImage> Items) : EventData("sampleImages", Keeping.Kept);

/// <summary>File names under <c>images/</c>, the true label, and what the network says before and after.</summary>
public sealed record SampleImage(string Clean, string Adversarial, string Delta, int Label, int CleanLabel, int AdversarialLabel);

/// <param name="Sha256">Of the weights file, lower-case hex.</param>
/// <param name="Kept">Which of <c>best-robust</c>, <c>best-clean</c>, <c>last</c> this checkpoint now is.</param>
public sealed record CheckpointSaved(string Name, int Epoch, long Step, long Bytes, string Sha256, IReadOnlyList<string> Kept)
    : EventData("checkpointSaved", Keeping.Durable);

/// <param name="Level"><c>info</c>, <c>warning</c> or <c>error</c>.</param>
public sealed record LogLine(string Level, string Text) : EventData("log", Keeping.Kept);

/// <param name="Done">Samples attacked so far.</param>
/// <param name="Low">Lower end of the 95 % Wilson interval of <paramref name="Accuracy"/>.</param>
/// <param name="Forward">Forward passes so far, one per image.</param>
public sealed record AttackResult(string Attack, int Done, int Total, double Accuracy, double Low, double High,
    double Seconds, long Forward, long Backward) : EventData("attackResult", Keeping.Durable);

/// <summary>How a network does under one corruption so far.</summary>
/// <param name="Accuracies">In [0,1], one for each of <paramref name="Severities"/>.</param>
public sealed record CorruptionResult(string Corruption, IReadOnlyList<int> Severities, int Done, int Total, IReadOnlyList<double> Accuracies,
    double Seconds) : EventData("corruptionResult", Keeping.Durable);

/// <summary>Accuracy within one radius of a curve so far.</summary>
/// <param name="Radius">Such as <c>8/255</c>.</param>
/// <param name="Done">Images attacked so far, of the <paramref name="Total"/> that no smaller radius took.</param>
/// <param name="Low">Lower end of the 95 % Wilson interval of <paramref name="Accuracy"/>, which is of all images.</param>
/// <param name="Audit">The radius is tried afresh on all images.</param>
public sealed record CurveResult(string Radius, int Done, int Total, double Accuracy, double Low, double High, double Seconds, bool Audit = false)
    : EventData("curveResult", Keeping.Durable);

public sealed record ImportProgress(string Phase, long Done, long Total, long Bytes)
    : EventData("importProgress", Keeping.Latest);

/// <param name="Done">Images looked at.</param>
public sealed record InspectionProgress(int Done, int Total) : EventData("inspectionProgress", Keeping.Latest);

/// <param name="Outcome"><c>completed</c>, <c>paused</c> or <c>cancelled</c>.</param>
public sealed record Finished(string Outcome, IReadOnlyDictionary<string, double> Values)
    : EventData("finished", Keeping.Durable);

public sealed record Failed(string Code, string Message, string? Suggestion = null) : EventData("failed", Keeping.Durable);

using WebLab.Engine.Torch;

namespace WebLab.Engine.Jobs;

/// <summary>The codes of a failed job, as they stand in <c>failed</c> events and in the API.</summary>
public static class FailureCode
{
    public const string NanLoss = "nan-loss";
    public const string OutOfMemory = "oom";
    public const string DiskFull = "disk-full";
    public const string DatasetMissing = "dataset-missing";
    public const string DatasetChanged = "dataset-changed";
    public const string BadRecipe = "bad-recipe";
    public const string BadData = "bad-data";
    public const string NativeCrash = "native-crash";
    public const string WorkerLost = "worker-lost";
    public const string Timeout = "timeout";
    public const string Unknown = "unknown";
}

/// <summary>Exit codes of the worker. 0: the last event tells completed, paused or cancelled.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Unknown = 1;
    public const int BadRecipe = 10;
    public const int NanLoss = 11;
    public const int OutOfMemory = 12;
    public const int DiskFull = 13;
    public const int DatasetMissing = 14;
    public const int BadData = 15;

    public static int Of(string failureCode) => failureCode switch
    {
        FailureCode.BadRecipe => BadRecipe,
        FailureCode.BadData => BadData,
        FailureCode.NanLoss => NanLoss,
        FailureCode.OutOfMemory => OutOfMemory,
        FailureCode.DiskFull => DiskFull,
        FailureCode.DatasetMissing or FailureCode.DatasetChanged => DatasetMissing,
        _ => Unknown,
    };

    /// <summary>
    /// The failure code of a worker that ended without a <c>failed</c> event. .NET reports death by signal n as 128 + n:
    /// a crash inside native code is one of ILL, ABRT, BUS, FPE, SEGV; KILL is what the kernel sends when memory ends.
    /// </summary>
    public static string Meaning(int exitCode) => exitCode switch
    {
        BadRecipe => FailureCode.BadRecipe,
        BadData => FailureCode.BadData,
        NanLoss => FailureCode.NanLoss,
        OutOfMemory => FailureCode.OutOfMemory,
        DiskFull => FailureCode.DiskFull,
        DatasetMissing => FailureCode.DatasetMissing,
        128 + 4 or 128 + 6 or 128 + 7 or 128 + 8 or 128 + 11 => FailureCode.NativeCrash,
        128 + 9 => FailureCode.WorkerLost,
        _ => FailureCode.Unknown,
    };
}

/// <summary>A job cannot go on for a reason a person can act on.</summary>
public sealed class JobFailure(string code, string message, string? suggestion = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>One of <see cref="FailureCode"/>.</summary>
    public string Code { get; } = code;

    /// <summary>What to try next, one sentence.</summary>
    public string? Suggestion { get; } = suggestion;

    private const int NoSpace = 28, QuotaExceeded = 122;

    /// <summary>Names what went wrong: a full disk and exhausted memory are recognised wherever they strike.</summary>
    public static JobFailure From(Exception e) => e switch
    {
        JobFailure known => known,
        IOException { HResult: NoSpace or QuotaExceeded } => new(FailureCode.DiskFull, $"The disk is full: {e.Message}",
            "Free some space or delete old runs, then resume: the last checkpoint is whole.", e),
        OutOfMemoryException or TorchException { OutOfMemory: true } => OutOfMemory(e),
        _ when SpeaksOfMemory(e.Message) => OutOfMemory(e),
        _ => new(FailureCode.Unknown, $"{e.GetType().Name}: {e.Message}", null, e),
    };

    private static JobFailure OutOfMemory(Exception e) => new(FailureCode.OutOfMemory, $"Memory ran out: {FirstLine(e.Message)}",
        "Halve training.batchSize, choose a narrower model or bf16, then retry.", e);

    // libtorch: "DefaultCPUAllocator: can't allocate memory", "CUDA out of memory"; the C++ runtime: "std::bad_alloc".
    private static bool SpeaksOfMemory(string text) =>
        text.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
        || text.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
        || text.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || text.Contains("bad_alloc", StringComparison.Ordinal);

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}

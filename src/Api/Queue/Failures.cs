using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What a failure code means to a person, where the worker itself could not say.</summary>
public static class Failures
{
    /// <summary>A sentence for each code.</summary>
    public static string Sentence(string code) => code switch
    {
        FailureCode.NanLoss => "The loss stopped being a number.",
        FailureCode.OutOfMemory => "The worker ran out of memory.",
        FailureCode.DiskFull => "The disk is full.",
        FailureCode.DatasetMissing => "The data set is not there.",
        FailureCode.DatasetChanged => "The data set is not the one the run began with.",
        FailureCode.BadRecipe => "The worker refused the recipe.",
        FailureCode.BadData => "The files cannot be imported.",
        FailureCode.NativeCrash => "The worker crashed inside native code.",
        FailureCode.WorkerLost => "The worker ended without a word; the kernel may have taken it to free memory.",
        FailureCode.Timeout => "The worker stopped making progress and was ended.",
        _ => "The worker ended unexpectedly.",
    };

    /// <summary>What to try next.</summary>
    public static string Suggestion(string code) => code switch
    {
        FailureCode.NanLoss => "Lower the learning rate, add warm-up or set training.clipNorm, then start a clone.",
        FailureCode.OutOfMemory => "Halve training.batchSize, choose a narrower model or bf16, then start a clone.",
        FailureCode.DiskFull => "Free some space or empty the trash, then retry: the last checkpoint is whole.",
        FailureCode.DatasetMissing => "Import the data set, then retry.",
        FailureCode.DatasetChanged => "Start a clone with the present version of the data set.",
        FailureCode.BadData => "Correct the files that the log names and import them again.",
        FailureCode.BadRecipe => "Clone the experiment and correct the field that the log names.",
        FailureCode.NativeCrash => "Retry once; if it crashes again run ./lab doctor and look at the last lines below.",
        FailureCode.WorkerLost => "Check free memory on the machine, halve training.batchSize if it is short, then retry.",
        FailureCode.Timeout => "Retry; if it hangs again look at the last lines below and try another device.",
        _ => "Look at the last lines below, then retry.",
    };

    /// <summary>Whether another attempt can help: the fault lies with the process or machine, not with the recipe or data.</summary>
    public static bool IsWorthAnotherAttempt(string code) =>
        code is FailureCode.WorkerLost or FailureCode.NativeCrash or FailureCode.Timeout or FailureCode.Unknown;
}

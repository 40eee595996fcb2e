using System.ComponentModel.DataAnnotations;

namespace WebLab.Api.Queue;

/// <summary>Configuration section <c>WebLab:Queue</c>.</summary>
public sealed class QueueOptions
{
    /// <summary>Training and evaluation jobs that work at the same time; imports have one slot of their own.</summary>
    [Range(1, 64)]
    public int Slots { get; set; } = 1;

    /// <summary>Compute threads of a job; 0: the machine's cores shared out over the slots.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Niceness of workers, so that pages stay quick.</summary>
    [Range(0, 19)]
    public int Nice { get; set; } = 10;

    /// <summary>Nothing is started below this many free bytes; running jobs are paused below a quarter of it.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 1L << 30;

    /// <summary>Attempts lost in a row, without a new checkpoint, after which a run fails.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 4;

    /// <summary>Program and first arguments of a worker; empty: <c>weblab</c> beside the server.</summary>
    public string[] Worker { get; set; } = [];

    /// <summary>Waits before the next attempt of a lost run: the first, the second, all later ones.</summary>
    public TimeSpan[] BackOff { get; set; } = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2)];

    /// <summary>After this a worker that was told to cancel is killed.</summary>
    public TimeSpan CancelDeadline { get; set; } = TimeSpan.FromSeconds(9);

    /// <summary>After this a worker that was told to pause is killed; the run resumes from its last checkpoint.</summary>
    public TimeSpan PauseDeadline { get; set; } = TimeSpan.FromSeconds(29);

    /// <summary>A silent worker is lost after this; workers beat every 5 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A worker must report its start within this.</summary>
    public TimeSpan StartDeadline { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>A worker that beats but makes no step for this long, or ten times its median step if that is longer, hangs.</summary>
    public TimeSpan StallDeadline { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often an outbox is looked at.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often lost, waiting and guarded runs are looked after.</summary>
    public TimeSpan Reconcile { get; set; } = TimeSpan.FromSeconds(10);
}

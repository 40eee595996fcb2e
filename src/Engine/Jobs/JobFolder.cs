namespace WebLab.Engine.Jobs;

/// <summary>Where things lie in a job folder (docs/architecture.md). Holds paths only; creates nothing.</summary>
/// <param name="Path">Absolute or relative path of the folder; its name is the job's id.</param>
public sealed record JobFolder(string Path)
{
    public string Id => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path));

    /// <summary><c>job.json</c>: a <see cref="JobSpec"/>, written once by the supervisor.</summary>
    public string Spec => Inside("job.json");

    /// <summary>The canonical recipe of a training job.</summary>
    public string Recipe => Inside("recipe.json");

    /// <summary>The request of an evaluation, an inspection or an import.</summary>
    public string Request => Inside("request.json");

    /// <summary>The numbered log; only the supervisor writes it.</summary>
    public string Events => Inside("events.jsonl");

    /// <summary>Files with bytes and SHA-256, written when the job has ended.</summary>
    public string Manifest => Inside("manifest.json");

    public string Checkpoints => Inside("checkpoints");

    public string Images => Inside("images");

    /// <summary>The folder of attempt <paramref name="number"/> (1, 2, ...).</summary>
    public AttemptFolder Attempt(int number) => new(Inside($"attempt-{number}"), number);

    private string Inside(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>Where one attempt's files lie. A newer attempt never reads an older one's outbox: that is the fence.</summary>
/// <param name="Path">Path of <c>attempt-N</c>.</param>
/// <param name="Number">N, which is also the fence of the attempt.</param>
public sealed record AttemptFolder(string Path, int Number)
{
    /// <summary>Events of the worker, one JSON object a line; the worker appends, the supervisor tails.</summary>
    public string Outbox => System.IO.Path.Combine(Path, "outbox.jsonl");

    /// <summary>Commands to the worker, one JSON object a line; the server appends, the worker polls.</summary>
    public string Control => System.IO.Path.Combine(Path, "control.jsonl");

    /// <summary>The last sign of life, replaced whole.</summary>
    public string Beat => System.IO.Path.Combine(Path, "beat.json");

    /// <summary>Standard output and error of the worker.</summary>
    public string Console => System.IO.Path.Combine(Path, "console.log");
}

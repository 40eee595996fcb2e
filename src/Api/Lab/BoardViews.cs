using System.Text.Json.Nodes;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>What a board was made for.</summary>
public enum BoardKind
{
    /// <summary>A few pictures by up to four networks, every cell with its film.</summary>
    Theatre,

    /// <summary>One picture by every checkpoint that a run still has.</summary>
    History,

    /// <summary>Many pictures, a row each, without their images.</summary>
    Batch,
}

/// <summary>Where a board stands.</summary>
public enum BoardStatus
{
    Queued,
    Running,
    Done,
    Cancelled,
    Failed,

    /// <summary>The server stopped while it was played; what it was made of is kept, so that it can be begun again.</summary>
    Interrupted,
}

/// <summary>What became of one picture at one network.</summary>
public enum CellVerdict
{
    /// <summary>The network still gives the class it was led away from.</summary>
    Held,

    /// <summary>It does not, also when the image is rounded to 8 bits per channel, as a file holds it.</summary>
    Fooled,

    /// <summary>It does not, but does again after rounding to 8 bits.</summary>
    FooledUnrounded,

    /// <summary>It gives the class that was aimed at, also after rounding.</summary>
    TargetReached,

    /// <summary>It was wrong before anything was changed.</summary>
    WrongBefore,
}

/// <summary>A picture for a board: one that was sent to <c>POST /api/v1/lab/pictures</c>, or one of a data set.</summary>
/// <param name="PictureId">Of a picture that was sent; absent for one of a data set.</param>
/// <param name="Sample">Of a data set; absent for one that was sent.</param>
/// <param name="Label">Its true class; null takes what each network says of it. An image of the network's own data set has its own.</param>
/// <param name="Target">The class to aim at, for attacks with <c>"target":"given"</c>; null aims at the second most likely one.</param>
public sealed record PictureRef(string? PictureId = null, SampleRef? Sample = null, int? Label = null, int? Target = null);

/// <summary>A corruption of the catalog, as evaluations make it.</summary>
/// <param name="Kind">Such as <c>fog</c>.</param>
/// <param name="Severity">1 (mildest) to 5.</param>
/// <param name="Seed">Equal seeds give equal images.</param>
public sealed record CorruptionChoice(string Kind, int Severity, int Seed = 0);

/// <summary>Pictures by networks, under one attack or one corruption.</summary>
/// <param name="CheckpointIds">One to four of <c>GET /api/v1/checkpoints</c>.</param>
/// <param name="Pictures">One to eight.</param>
/// <param name="Attack">The attack as in recipes; null for none.</param>
/// <param name="Corruption">Changes the pictures in place of an attack.</param>
/// <param name="Seed">Of the attack's draws.</param>
/// <param name="Amplify">What shown differences are multiplied with, 1 to 100.</param>
public sealed record BoardRequest(IReadOnlyList<string> CheckpointIds, IReadOnlyList<PictureRef> Pictures, JsonObject? Attack = null,
    CorruptionChoice? Corruption = null, int Seed = 0, double Amplify = 10);

/// <summary>One picture by every checkpoint that a run still has.</summary>
/// <param name="Picture">Without a label the newest checkpoint's answer is taken for the truth.</param>
/// <param name="Attack">The attack as in recipes.</param>
public sealed record HistoryRequest(string RunId, PictureRef Picture, JsonObject Attack, int Seed = 0, double Amplify = 10);

/// <summary>A board: pictures (rows) by networks (columns) and what became of each. Cells come one network after the other.</summary>
/// <param name="Message">Why it failed.</param>
/// <param name="Position">Place in the queue of the lab worker, from 1; absent when it is not waiting.</param>
/// <param name="WaitSeconds">About how long it waits.</param>
/// <param name="Done">Cells that are there.</param>
/// <param name="Total">Cells to come in all.</param>
/// <param name="ExpiresAt">It is deleted then, unless it is shared.</param>
/// <param name="Attack">With every option; null for none.</param>
/// <param name="Seconds">From its start to its end, waiting included.</param>
/// <param name="Rejected">Files of a batch that could not be used.</param>
public sealed record LabBoard(string Id, BoardKind Kind, BoardStatus Status, string? Message, int? Position, double? WaitSeconds, int Done, int Total,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, JsonNode? Attack, CorruptionChoice? Corruption, int Seed, double Amplify, double Seconds,
    IReadOnlyList<BoardPicture> Pictures, IReadOnlyList<BoardNetwork> Networks, IReadOnlyList<BoardCell> Cells, IReadOnlyList<RefusedFile> Rejected);

/// <summary>A row of a board.</summary>
/// <param name="Asked">What it was made of; null for a file of a batch.</param>
/// <param name="LabelText">The class that a batch says by folder or name, as it stands there.</param>
/// <param name="Original">Address of the picture as it came, at most 512 pixels a side.</param>
public sealed record BoardPicture(LabSourceView Source, PictureRef? Asked, string? LabelText, string Original);

/// <summary>A column of a board.</summary>
/// <param name="Classes">Names by class index.</param>
/// <param name="Channels">1 (grey) or 3.</param>
/// <param name="Height">Pixels that a picture is brought to.</param>
/// <param name="Crop">Side of their middle square, which is what the network sees; null: all of them.</param>
/// <param name="Mean">Subtracted by the network's first stage, by channel.</param>
/// <param name="Std">What it divides by.</param>
/// <param name="Device">Where it ran; null while it has not.</param>
/// <param name="Seconds">Of the attack on all pictures, without loading the network.</param>
/// <param name="Failure">Why it has no cells.</param>
public sealed record BoardNetwork(string CheckpointId, string RunId, string RunName, string? Architecture, string? Method, string? DatasetId, int Epoch, long Step,
    IReadOnlyList<string> Kept, IReadOnlyList<string> Classes, int Channels, int Height, int Width, int? Crop, IReadOnlyList<double> Mean, IReadOnlyList<double> Std,
    string? Device = null, double? Seconds = null, string? Failure = null);

/// <summary>What became of one picture at one network.</summary>
/// <param name="Picture">Row, from 0.</param>
/// <param name="Network">Column, from 0.</param>
/// <param name="Outcome">Classes, sizes and losses.</param>
/// <param name="Seen">Address of what the network sees; empty in a batch.</param>
/// <param name="Adversarial">Address of what was found, rounded to 8 bits.</param>
/// <param name="Delta">Address of the difference, amplified around grey.</param>
/// <param name="Trace">Address of how it went, step by step: a <c>CellTrace</c>; null where nothing was filmed.</param>
public sealed record BoardCell(int Picture, int Network, CellVerdict Verdict, LabItem Outcome, string Seen, string Adversarial, string Delta, string? Trace);

/// <summary>How an attack on one cell went, in at most 60 frames.</summary>
/// <param name="Target">The class whose probability is followed beside the true one.</param>
/// <param name="Side">Pixels of a frame's side in the film.</param>
/// <param name="Looks">How often the attack looked at the picture; frames are spread evenly over these.</param>
/// <param name="Frames">The first is the clean image, the last the result.</param>
/// <param name="Film">File beside the trace: a PNG with all frames side by side, images above, amplified differences below.</param>
/// <param name="Float">File beside the trace: the result as computed, NumPy, C x H x W float32 in [0,1].</param>
/// <param name="Difference">File beside the trace: it minus what the network sees, NumPy.</param>
public sealed record CellTrace(int Target, int Side, int Looks, IReadOnlyList<LabFrame> Frames, string Film, string Float, string Difference);

/// <summary>A file that could not be used.</summary>
public sealed record RefusedFile(string FileName, string Reason);

/// <summary>One moment of a cell while its attack runs, at most 20 a second; the newest only.</summary>
/// <param name="Steps">Steps of a round.</param>
/// <param name="Frame">Classes, sizes, gradient.</param>
/// <param name="Image">PNG, base64: the image above the amplified difference.</param>
public sealed record BoardStep(int Picture, int Network, int Steps, LabFrame Frame, string Image);

/// <summary>A picture that was sent to be attacked.</summary>
/// <param name="Preview">Address of the picture, at most 512 pixels a side.</param>
public sealed record PictureView(string Id, DateTimeOffset ExpiresAt, LabSourceView Source, string Preview);

/// <summary>Pictures that were sent: those that can be used, and why others cannot.</summary>
public sealed record PicturesView(IReadOnlyList<PictureView> Items, IReadOnlyList<RefusedFile> Rejected);

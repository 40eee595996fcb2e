using System.Text.Json.Nodes;

namespace WebLab.Api.Lab;

/// <summary>Where a batch reads true classes.</summary>
public enum BatchLabels
{
    /// <summary>Nowhere: what each network says of the picture counts as true.</summary>
    None,

    /// <summary>The folder that a file lies in, such as <c>disc/01.png</c>.</summary>
    Folders,

    /// <summary>What stands before the first <c>_</c>, <c>-</c> or blank of its name, such as <c>disc_01.png</c>.</summary>
    Prefix,
}

/// <summary>Many pictures by up to four networks; the files come beside it.</summary>
/// <param name="Attack">The attack as in recipes; null for none.</param>
/// <param name="Corruption">Changes the pictures in place of an attack.</param>
public sealed record BatchRequest(IReadOnlyList<string> CheckpointIds, JsonObject? Attack, CorruptionChoice? Corruption, BatchLabels Labels, int Seed);

/// <summary>A file that came with a batch.</summary>
/// <param name="Name">With its folders, as far as they are known.</param>
public sealed record BatchFile(string Name, long Bytes, Func<Stream> Open);

/// <summary>One row of a board's table.</summary>
/// <param name="File">Name of the file, or the place in its data set.</param>
/// <param name="Label">The class it is led away from; of a rejected file none.</param>
/// <param name="LabelGiven">Whether the label was known, rather than the network's own first answer.</param>
/// <param name="Network">Run and epoch.</param>
/// <param name="Before">What the network says of the picture.</param>
/// <param name="After">What it says of the changed picture, rounded to 8 bits.</param>
/// <param name="Verdict">As of the cell; <c>rejected</c> for a file that could not be used, <c>missing</c> where there is no answer.</param>
/// <param name="Reason">Why it was rejected or is missing.</param>
public sealed record BoardRow(string File, string? Label, bool LabelGiven, string? Network, string? CheckpointId, string? Before, double? BeforeProbability,
    string? After, double? AfterProbability, string Verdict, double? Linf, double? L2, long? Passes, string? Reason);

using WebLab.Api.Lab;
using WebLab.Web.Parts;

namespace WebLab.Web.Lab;

/// <summary>What became of a picture, as a mark and in words.</summary>
public static class CellWords
{
    /// <summary>Mark and word of a verdict.</summary>
    /// <param name="attacked">By an attack; otherwise by a corruption or not at all.</param>
    public static (string Tone, string Icon, string Word) Of(CellVerdict verdict, bool attacked) => verdict switch
    {
        CellVerdict.Held => ("good", "verified_user", attacked ? "Held" : "Kept"),
        CellVerdict.Fooled => ("bad", "gpp_bad", attacked ? "Fooled" : "Changed"),
        CellVerdict.FooledUnrounded => ("warn", "gpp_maybe", "Fooled, but not as a file of 8 bits"),
        CellVerdict.TargetReached => ("bad", "target", "Target reached"),
        _ => ("", "help", "Wrong before"),
    };

    /// <summary>One sentence on before and after.</summary>
    public static string Sentence(BoardCell cell, IReadOnlyList<string> classes)
    {
        var (before, after) = (cell.Outcome.Before[0], cell.Outcome.AfterRounding[0]);
        var truth = cell.Verdict == CellVerdict.WrongBefore && cell.Outcome.Label < classes.Count ? $" The picture is of class “{classes[cell.Outcome.Label]}”." : "";
        return before.Label == after.Label
            ? $"The network says “{before.Name}” before ({Format.Percent(before.Probability)}) and after ({Format.Percent(after.Probability)}).{truth}"
            : $"The network said “{before.Name}” ({Format.Percent(before.Probability)}), now it says “{after.Name}” ({Format.Percent(after.Probability)}).{truth}";
    }

    /// <summary>Seconds, below one as milliseconds.</summary>
    public static string Seconds(double seconds) => seconds < 1 ? $"{Math.Max(1, Math.Round(seconds * 1000))} ms" : Format.Duration(seconds);

    /// <summary>Where a board stands, while it is not done.</summary>
    public static string Of(LabBoard board) => board.Status switch
    {
        BoardStatus.Queued or BoardStatus.Running when board.Position is { } place => $"The lab worker is busy: position {place}, about {Format.Duration(Math.Max(1, board.WaitSeconds ?? 1))}",
        BoardStatus.Queued => "Making ready",
        BoardStatus.Running => $"{Format.Count(board.Done)} of {Format.Count(board.Total)} done",
        BoardStatus.Cancelled => "Cancelled; what was done is shown",
        BoardStatus.Failed => $"Stopped: {board.Message}",
        BoardStatus.Interrupted => $"The server stopped while this was under way. {(board.Kind == BoardKind.Batch ? "Choose the files again to test them." : "Pictures and settings are kept" + (board.Done > 0 ? $", and what was done: {Format.Count(board.Done)} of {Format.Count(board.Total)}." : "."))}",
        _ => "Done",
    };

    /// <summary>From a picture to what the network sees, step by step.</summary>
    public static IEnumerable<string> Path(LabSourceView source, BoardNetwork network)
    {
        var (side, sample) = (Math.Min(source.Width, source.Height), source.Sample is not null);
        if (source.OrientationApplied > 1) yield return "turned upright, as its EXIF data say";
        if (source.Frames > 1) yield return $"the first of {source.Frames} frames";
        var fits = source.Width == network.Width && source.Height == network.Height;
        if (!fits && !(sample && network.Crop <= side))
        {
            if (source.Width != source.Height) yield return $"middle square of {side} × {side} pixels";
            if (side != network.Width) yield return $"{(side > network.Width ? "averaged down" : "stretched")} to {network.Width} × {network.Height} pixels";
        }

        if (network.Crop is { } crop && crop < Math.Min(network.Width, network.Height)) yield return $"middle {crop} × {crop} pixels of these";
        if (network.Channels == 1) yield return "made grey by luma (ITU-R 601)";
        yield return "levels 0 to 255 become 0 to 1";
        if (network.Mean.Count > 0) yield return $"the network's first stage subtracts {Numbers(network.Mean)} and divides by {Numbers(network.Std)}";
    }

    private static string Numbers(IReadOnlyList<double> values) => string.Join(", ", values.Select(v => v.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture)));
}

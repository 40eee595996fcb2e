using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WebLab.Api.Lab;

/// <summary>A board as a table: a row for each cell, and one for whatever has none, so that nothing is lost.</summary>
public static class BoardTable
{
    public const string Rejected = "rejected", Missing = "missing";

    private static readonly string[] Heads =
        ["file", "label", "label_given", "network", "checkpoint", "before", "before_probability", "after", "after_probability", "verdict", "linf", "l2", "passes", "reason"];

    public static IReadOnlyList<BoardRow> Rows(LabBoard board)
    {
        var cells = board.Cells.ToDictionary(c => (c.Picture, c.Network));
        var rows = new List<BoardRow>();
        for (var k = 0; k < board.Pictures.Count; k++)
            for (var n = 0; n < board.Networks.Count; n++)
                rows.Add(cells.TryGetValue((k, n), out var cell) ? Row(board, cell) : None(board, k, n));
        rows.AddRange(board.Rejected.Select(r => new BoardRow(r.FileName, null, false, null, null, null, null, null, null, Rejected, null, null, null, r.Reason)));
        return rows;
    }

    /// <summary>RFC 4180 with a head. Cells that a spreadsheet would take for a formula get an apostrophe.</summary>
    public static string Csv(IEnumerable<BoardRow> rows)
    {
        var text = new StringBuilder().AppendJoin(',', Heads).Append("\r\n");
        foreach (var r in rows)
            text.AppendJoin(',', ((object?[])[r.File, r.Label, r.LabelGiven ? "true" : "false", r.Network, r.CheckpointId, r.Before, r.BeforeProbability,
                r.After, r.AfterProbability, r.Verdict, r.Linf, r.L2, r.Passes, r.Reason]).Select(Cell)).Append("\r\n");
        return text.ToString();
    }

    /// <summary>A picture's name: its file, or its place in a data set.</summary>
    public static string NameOf(BoardPicture picture) => picture.Source.FileName
        ?? (picture.Source.Sample is { } s ? $"{s.DatasetId}/{s.Split}/{s.Index}" : "picture");

    /// <summary>A network's name: its run and epoch.</summary>
    public static string NameOf(BoardNetwork network) => $"{network.RunName}, epoch {network.Epoch}";

    private static BoardRow Row(LabBoard board, BoardCell cell)
    {
        var (picture, network, o) = (board.Pictures[cell.Picture], board.Networks[cell.Network], cell.Outcome);
        var given = picture.Asked?.Label is not null || picture.Source.Sample?.DatasetId == network.DatasetId && picture.Source.Sample is not null
            || BoardImages.LabelOf(picture.LabelText, network.Classes) is not null;
        return new BoardRow(NameOf(picture), network.Classes.ElementAtOrDefault(o.Label) ?? $"{o.Label}", given, NameOf(network), network.CheckpointId,
            o.Before[0].Name, o.Before[0].Probability, o.AfterRounding[0].Name, o.AfterRounding[0].Probability, JsonNamingPolicy.CamelCase.ConvertName(cell.Verdict.ToString()),
            o.Linf, o.L2, o.Forwards + o.Backwards, null);
    }

    private static BoardRow None(LabBoard board, int k, int n) => new(NameOf(board.Pictures[k]), null, false, NameOf(board.Networks[n]), board.Networks[n].CheckpointId,
        null, null, null, null, Missing, null, null, null, board.Networks[n].Failure ?? board.Message ?? "it was not reached");

    private static string Cell(object? value)
    {
        if (value is IFormattable number) return number.ToString(null, CultureInfo.InvariantCulture);
        var text = value as string ?? "";
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

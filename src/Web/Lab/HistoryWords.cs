using WebLab.Api.Lab;

namespace WebLab.Web.Lab;

/// <summary>When a network learned to resist on one picture, and when it forgot.</summary>
public static class HistoryWords
{
    /// <summary>One sentence for each turn between two checkpoints that follow each other.</summary>
    /// <param name="history">Epoch and whether the network resisted there, by epoch.</param>
    public static string Of(IReadOnlyList<(int Epoch, bool Resists)> history)
    {
        if (history.Count == 0) return "";
        if (history.Count == 1) return history[0].Resists ? $"Resists at epoch {history[0].Epoch}, the only checkpoint there is." : $"Does not resist at epoch {history[0].Epoch}, the only checkpoint there is.";
        var turns = history.Zip(history.Skip(1)).Where(p => p.First.Resists != p.Second.Resists)
            .Select(p => p.Second.Resists ? $"learned to resist by epoch {p.Second.Epoch}" : $"forgot by epoch {p.Second.Epoch}").ToList();
        if (turns.Count == 0) return history[0].Resists ? "Resists at every checkpoint." : "Resists at no checkpoint.";
        var start = history[0].Resists ? $"Resisted at epoch {history[0].Epoch}" : $"Did not resist at epoch {history[0].Epoch}";
        return $"{start}; {string.Join(", ", turns)}.";
    }

    /// <summary>Whether the network gives the label both before and after.</summary>
    public static bool Resists(BoardCell cell) => cell.Outcome.Before[0].Label == cell.Outcome.Label && cell.Verdict == CellVerdict.Held;
}

using WebLab.Api.Models;

namespace WebLab.Web.Models;

/// <summary>Checkpoints by name, where one is chosen: the run first, since a closed list shows no group.</summary>
public static class CheckpointWords
{
    public static string Of(CheckpointSummary c) => $"{c.RunName}, epoch {c.Epoch}" + (c.Kept.Count > 0 ? $" ({string.Join(", ", c.Kept.Select(k => k.Replace('-', ' ')))})" : "");
}

using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

internal static class Axe
{
    /// <summary>What axe finds that is serious or critical, each with the first element it names.</summary>
    public static Task<IReadOnlyList<string>> Barriers(IPage page) => Look(page, new());

    /// <summary>The same of the contrast of colours alone: all that another theme can change.</summary>
    public static Task<IReadOnlyList<string>> Contrast(IPage page) => Look(page, new() { RunOnly = new() { Type = "rule", Values = ["color-contrast"] } });

    private static async Task<IReadOnlyList<string>> Look(IPage page, AxeRunOptions options) =>
        [.. (await page.RunAxe(options)).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Nodes[0].Html}")];
}

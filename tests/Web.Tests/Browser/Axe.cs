using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

internal static class Axe
{
    /// <summary>What axe finds that is serious or critical, each with the first element it names.</summary>
    public static async Task<IReadOnlyList<string>> Barriers(IPage page) =>
        [.. (await page.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Nodes[0].Html}")];
}

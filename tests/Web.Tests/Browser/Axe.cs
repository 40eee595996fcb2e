using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace WebLab.Web.Tests.Browser;

internal static class Axe
{
    private static readonly string Source = Read();

    /// <summary>What axe finds that is serious or critical, each with the first element it names.</summary>
    public static Task<string[]> Barriers(IPage page) => Look(page, null);

    /// <summary>The same of the contrast of colours alone: all that another theme can change.</summary>
    public static Task<string[]> Contrast(IPage page) => Look(page, ["color-contrast"]);

    // Run in the page itself, which has no frames, and only what is wrong comes back: reports of what is right are megabytes.
    private static async Task<string[]> Look(IPage page, string[]? rules)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(Source);
        return await page.EvaluateAsync<string[]>(
            """
            async rules => (await axe.run(document, { resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) })).violations
              .filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `${v.id}: ${v.nodes[0].html}`)
            """, rules);
    }

    private static string Read()
    {
        using var reader = new StreamReader(typeof(AxeResult).Assembly.GetManifestResourceStream("Deque.AxeCore.Commons.Resources.axe.min.js")!);
        return reader.ReadToEnd();
    }
}

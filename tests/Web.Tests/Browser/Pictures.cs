using Microsoft.Playwright;
using WebLab.Web.Tests.Clients;

namespace WebLab.Web.Tests.Browser;

/// <summary>Pictures of journeys in <c>artifacts/tests/pictures</c>, for somebody to look at.</summary>
internal static class Pictures
{
    private static readonly string Folder = Path.Combine(ServedLab.Clone, "artifacts", "tests", "pictures");

    /// <param name="page">Taken whole, as it is.</param>
    /// <param name="name">Journey, number, what is to be seen.</param>
    public static async Task Take(IPage page, string name)
    {
        await page.EvaluateAsync("() => scrollTo(0, 0)"); // else what sticks to the window stands in the middle
        await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, name + ".png"), FullPage = true, Animations = ScreenshotAnimations.Disabled });
    }
}

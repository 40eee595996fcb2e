using Microsoft.AspNetCore.Components;
using WebLab.Api.Accounts;

namespace WebLab.Web.Around;

/// <summary>One entry of the keyboard map and of the command palette.</summary>
/// <param name="Keys">As the attribute <c>data-key</c> writes them, such as <c>g o</c>; empty for what only the palette offers.</param>
/// <param name="Title">What it does, as people say it.</param>
/// <param name="Group">The heading under which help lists it.</param>
/// <param name="Does">For the palette: <c>go:PAGE</c>, <c>press:KEYS</c>, <c>theme:NAME</c>, <c>open:DIALOG</c>, <c>sign-out</c>, <c>tour</c> or <c>actions</c>; null where it only makes sense as a key.</param>
/// <param name="Scope">Shown to those who have it.</param>
public sealed record Command(string Keys, string Title, string Group, string? Does = null, string Icon = "chevron_right", string Scope = Access.Read);

/// <summary>The one table behind the keys of every page, their help, and the palette. A key that a page uses must stand here; a test looks.</summary>
public static class Commands
{
    public const string Pages = "Go to", Everywhere = "Everywhere", Lists = "In lists", Runs = "On runs and images";

    private static readonly Lazy<IReadOnlySet<string>> Routes = new(() => typeof(Commands).Assembly.GetTypes()
        .SelectMany(t => t.GetCustomAttributes(typeof(RouteAttribute), false)).Select(r => ((RouteAttribute)r).Template.Trim('/')).ToHashSet());

    /// <summary>Those that lead to pages of this build.</summary>
    public static IEnumerable<Command> Here => All.Where(c => c.Does is not { } does || !does.StartsWith("go:", StringComparison.Ordinal) || Routes.Value.Contains(does[3..]));

    public static readonly IReadOnlyList<Command> All =
    [
        new("g o", "Overview", Pages, "go:", "space_dashboard"),
        new("g e", "Experiments", Pages, "go:experiments", "science"),
        new("", "Sweeps", Pages, "go:sweeps", "tune"),
        new("g v", "Evaluations", Pages, "go:evaluations", "shield"),
        new("", "Transfer matrix", Pages, "go:evaluations/transfer", "grid_on"),
        new("g q", "Queue", Pages, "go:queue", "format_list_numbered"),
        new("g d", "Data sets", Pages, "go:datasets", "photo_library"),
        new("g m", "Models", Pages, "go:models", "deployed_code"),
        new("g b", "Leaderboard", Pages, "go:leaderboard", "leaderboard"),
        new("g c", "Compare", Pages, "go:compare", "compare_arrows"),
        new("g l", "Lab", Pages, "go:lab", "biotech"),
        new("g i", "Notices", Pages, "go:notices", "notifications"),
        new("g s", "Settings", Pages, "go:settings/profile", "settings"),
        new("", "API keys", Pages, "go:settings/api-keys", "key"),
        new("", "Users and roles", Pages, "go:settings/users", "group", Access.Admin),
        new("", "Webhooks", Pages, "go:settings/webhooks", "webhook", Access.Admin),
        new("", "Retention", Pages, "go:settings/retention", "auto_delete", Access.Admin),
        new("", "Audit trail", Pages, "go:audit", "history_edu", Access.Admin),
        new("", "About and licences", Pages, "go:settings/about", "info"),
        new("Ctrl K", "Command palette", Everywhere),
        new("?", "Keyboard help", Everywhere, "open:keys", "keyboard"),
        new("n", "New experiment", Everywhere, "go:experiments/new", "add", Access.Write),
        new("", "New evaluation", Everywhere, "go:evaluations/new", "shield", Access.Write),
        new("/", "Search or filter on this page", Everywhere),
        new(".", "Actions of this page", Everywhere, "actions", "bolt"),
        new("[", "Previous tab", Everywhere),
        new("]", "Next tab", Everywhere),
        new("Esc", "Close", Everywhere),
        new("", "Theme: light", Everywhere, "theme:light", "light_mode"),
        new("", "Theme: dark", Everywhere, "theme:dark", "dark_mode"),
        new("", "Theme: as the system", Everywhere, "theme:system", "contrast"),
        new("", "Show me around", Everywhere, "tour", "tour"),
        new("", "Sign out", Everywhere, "sign-out", "logout"),
        new("j", "Next row", Lists),
        new("k", "Previous row", Lists),
        new("Enter", "Open the row", Lists),
        new("x", "Select the row", Lists),
        new("c", "Compare what is selected", Lists),
        new("p", "Pause or resume", Runs),
        new("X", "Cancel", Runs),
        new("ArrowLeft", "Previous epoch, image or step of an attack", Runs),
        new("ArrowRight", "Next epoch, image or step of an attack", Runs),
        new("+", "Amplify the perturbation more", Runs),
        new("-", "Amplify the perturbation less", Runs),
        new("b", "Blink between clean and adversarial", Runs),
        new("f", "Chart in full screen", Runs),
    ];
}

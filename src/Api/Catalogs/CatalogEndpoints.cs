using System.Text.Json.Nodes;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Catalogs;

/// <summary>Everything that a recipe can choose from.</summary>
/// <param name="Recipe">JSON Schema (2020-12) of a whole recipe.</param>
public sealed record CatalogView(JsonObject Recipe, IReadOnlyList<CategoryView> Categories, IReadOnlyList<PresetView> Presets);

/// <param name="Name">The word in addresses, such as <c>attacks</c>.</param>
public sealed record CategoryView(string Name, string Title, IReadOnlyList<KindView> Kinds);

/// <summary>One kind that can be chosen.</summary>
/// <param name="Kind">The word in recipes.</param>
/// <param name="Group">Heading under which choosers list it.</param>
/// <param name="Source">The paper or code it follows.</param>
/// <param name="Experimental">Its source could not be had in full.</param>
/// <param name="Cost">Training methods: cost of a step with default options, in steps of standard training, for ResNet-18; networks beside the trained one are left out.</param>
/// <param name="Schema">JSON Schema of its options, <c>kind</c> included.</param>
public sealed record KindView(string Kind, string Title, string Summary, string Group, string Source, string Link, bool Experimental, double? Cost, JsonObject Schema);

/// <summary>A recipe that ships with the product.</summary>
/// <param name="Recipe">All fields, ready to be changed and sent back.</param>
public sealed record PresetView(string Id, string? Name, string? Notes, JsonNode Recipe);

/// <summary>Attacks under a name, for evaluations.</summary>
/// <param name="Name">The word in <c>battery</c>.</param>
/// <param name="Says">Whose settings these are.</param>
/// <param name="Attacks">As recipes write attacks.</param>
public sealed record BatteryView(string Name, string Says, JsonArray Attacks);

public static class CatalogEndpoints
{
    // The catalog is part of the program: the build tells whether a reader has it.
    private static string Version { get; } = typeof(Kinds).Module.ModuleVersionId.ToString("N");

    public static void MapCatalog(this RouteGroupBuilder api)
    {
        var catalog = api.MapGroup("/catalog").WithTags("Catalog");
        catalog.MapGet("", Whole).WithName("getCatalog");
        catalog.MapGet("/{category}", Category).WithName("getCategory").Refuses(ProblemKinds.NotFound);
        catalog.MapGet("/{category}/{kind}", Kind).WithName("getKind").Refuses(ProblemKinds.NotFound);
        api.MapGet("/presets", ListPresets).WithTags("Catalog").WithName("listPresets");
        api.MapGet("/batteries", ListBatteries).WithTags("Catalog").WithName("listBatteries");
    }

    /// <summary>Kinds, their options as JSON Schema, and presets</summary>
    private static Versioned<CatalogView> Whole() => ETags.Ok(
        new CatalogView(JsonSchema.Of(typeof(Recipe)), [.. Kinds.All.Select(View)], Shipped()), Version);

    /// <summary>One category of the catalog</summary>
    /// <param name="category">architectures, methods, attacks, optimizers, schedules, augmentations or corruptions.</param>
    private static Versioned<CategoryView> Category(string category) => ETags.Ok(View(Find(category)), Version);

    /// <summary>One kind with the schema of its options</summary>
    /// <param name="category">architectures, methods, attacks, optimizers, schedules, augmentations or corruptions.</param>
    /// <param name="kind">The word in recipes, such as <c>pgd</c>.</param>
    private static Versioned<KindView> Kind(string category, string kind) =>
        ETags.Ok(View(Find(category).Find(kind) ?? throw Refusal.NotFound($"kind of {category}", kind)), Version);

    /// <summary>Recipes that ship with the product</summary>
    private static Versioned<IReadOnlyList<PresetView>> ListPresets() => ETags.Ok(Shipped(), Version);

    /// <summary>Attack batteries and published settings by name</summary>
    private static Versioned<IReadOnlyList<BatteryView>> ListBatteries() =>
        ETags.Ok<IReadOnlyList<BatteryView>>([.. AttackPresets.All.Select(p => new BatteryView(p.Name, p.Says, Batteries.Find(p.Name)!))], Version);

    private static Category Find(string name) => Kinds.All.FirstOrDefault(c => c.Name == name)
        ?? throw Refusal.NotFound("category", name);

    private static CategoryView View(Category c) => new(c.Name, c.Title, [.. c.Entries.Select(View)]);

    private static KindView View(Entry e) => new(e.Kind, e.About.Title, e.About.Summary, e.About.Group, e.About.Source, e.About.Link,
        e.About.Experimental, e.Cost, JsonSchema.Of(e));

    private static IReadOnlyList<PresetView> Shipped() =>
        [.. Presets.All.Select(p => new PresetView(p.Id, p.Recipe.Name, p.Recipe.Notes, JsonNode.Parse(RecipeJson.Canonical(p.Recipe))!))];
}

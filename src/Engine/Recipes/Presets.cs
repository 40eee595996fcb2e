namespace WebLab.Engine.Recipes;

/// <summary>A recipe that ships with the product.</summary>
/// <param name="Id">Its path under <c>recipes/</c> without the ending, such as "shapes32-pgd-at".</param>
/// <param name="Recipe">Read and checked.</param>
public sealed record Preset(string Id, Recipe Recipe)
{
    /// <summary>The folder under <c>recipes/</c>; empty for the recipes to start with.</summary>
    public string Group => Id.LastIndexOf('/') is >= 0 and var end ? Id[..end] : string.Empty;
}

/// <summary>The recipes of <c>recipes/</c>, built into the program.</summary>
public static class Presets
{
    private const string Prefix = "recipes/";

    private static readonly Lazy<IReadOnlyList<Preset>> Read = new(() =>
        [.. typeof(Presets).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Load)]);

    public static IReadOnlyList<Preset> All => Read.Value;

    public static Preset? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>The one with these settings, whatever the seed, the device and the version of the data set.</summary>
    public static Preset? Like(Recipe recipe)
    {
        var wanted = Settings(recipe);
        return All.FirstOrDefault(p => Settings(p.Recipe) == wanted);
    }

    private static string Settings(Recipe recipe) => RecipeJson.Hash(recipe with { Seed = 0, Device = "auto", Data = recipe.Data with { Version = null } });

    private static Preset Load(string resource)
    {
        using var reader = new StreamReader(typeof(Presets).Assembly.GetManifestResourceStream(resource)!);
        var read = RecipeJson.Read(reader.ReadToEnd());
        return new Preset(resource[Prefix.Length..^".json".Length], read.Recipe
            ?? throw new InvalidDataException($"{resource}: {string.Join("; ", read.Errors.Select(e => $"{e.Path}: {e.Message}"))}"));
    }
}

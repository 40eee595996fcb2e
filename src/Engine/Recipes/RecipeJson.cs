using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Recipes;

/// <summary>A recipe as read, with everything found wrong; the recipe is there only when nothing is.</summary>
public sealed record ReadRecipe(Recipe? Recipe, IReadOnlyList<Finding> Errors, IReadOnlyList<Finding> Warnings);

/// <summary>The recipe's JSON: the same check for command line, REST and form.</summary>
public static class RecipeJson
{
    /// <summary>Reads and checks; never throws for bad text.</summary>
    public static ReadRecipe Read(string text)
    {
        try
        {
            return Read(JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 32 }));
        }
        catch (JsonException e)
        {
            return new ReadRecipe(null, [new Finding("", $"is not JSON: {e.Message}")], []);
        }
    }

    /// <inheritdoc cref="Read(string)"/>
    public static ReadRecipe Read(JsonNode? node)
    {
        var errors = Validation.Check(node, typeof(Recipe));
        if (errors.Count > 0) return new ReadRecipe(null, errors, []);
        var recipe = node.Deserialize<Recipe>(OptionsJson.Canonical)!;
        errors = [.. Validation.Rules(recipe, o => o.Check())];
        return errors.Count > 0
            ? new ReadRecipe(null, errors, [])
            : new ReadRecipe(recipe, [], [.. Validation.Rules(recipe, o => o.Doubts())]);
    }

    /// <summary>All fields, fixed order, one line.</summary>
    public static string Canonical(Recipe recipe) => JsonSerializer.Serialize(recipe, OptionsJson.Canonical);

    /// <summary>The same for people.</summary>
    public static string Readable(Recipe recipe) => JsonSerializer.Serialize(recipe, OptionsJson.Readable);

    /// <summary>SHA-256 (hex) of the canonical JSON without name, notes and quoted figures: equal hashes mean equal runs.</summary>
    public static string Hash(Recipe recipe) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(recipe with { Name = null, Notes = null, Quoted = null }))));
}

using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

public class RecipeHashTests
{
    [Fact]
    public void A_recipe_without_a_crop_is_written_as_before_there_was_one()
    {
        var recipe = Presets.All[0].Recipe;
        Assert.DoesNotContain("crop\":", RecipeJson.Canonical(recipe with { Data = recipe.Data with { Augment = [] } }));
        var cropped = recipe with { Data = recipe.Data with { Crop = 24 } };
        Assert.NotEqual(RecipeJson.Hash(recipe), RecipeJson.Hash(cropped));
        Assert.Equal(24, RecipeJson.Read(RecipeJson.Canonical(cropped)).Recipe!.Data.Crop);
    }

    [Fact]
    public void Options_that_came_later_are_not_written_where_they_are_off()
    {
        string[] later = ["shareAffine", "shareStats", "auxBank", "cleanLogForward", "resetOptimizer", "fusedWith", "slope", "fixedRadius", "mirror"];
        foreach (var (table, entry) in Kinds.All.SelectMany(c => c.Entries.Select(e => (c, e))))
        {
            var json = JsonSerializer.SerializeToNode(entry.Default(), table.Root, OptionsJson.Canonical)!.AsObject();
            Assert.DoesNotContain(later, name => json.ContainsKey(name));
        }
        var mirrored = Presets.All[0].Recipe with { Data = Presets.All[0].Recipe.Data with { Augment = [new PadCropOptions { Mirror = true }] } };
        Assert.True(Assert.IsType<PadCropOptions>(RecipeJson.Read(RecipeJson.Canonical(mirrored)).Recipe!.Data.Augment[0]).Mirror);
    }

    [Fact]
    public void A_quoted_figure_is_carried_and_changes_neither_the_hash_nor_recipes_without_one()
    {
        var recipe = Presets.Find("shapes32-pgd-at")!.Recipe;
        Assert.DoesNotContain("quoted", RecipeJson.Canonical(recipe));
        var quoting = recipe with { Quoted = [new QuotedFigure { Metric = "clean", Value = 82.9, Tolerance = 1, Source = "Rice et al. 2020" }] };
        Assert.Equal(RecipeJson.Hash(recipe), RecipeJson.Hash(quoting));
        Assert.Equal(quoting.Quoted, RecipeJson.Read(RecipeJson.Canonical(quoting)).Recipe!.Quoted);
    }

    [Theory]
    [InlineData("""{"metric": "PGD 20", "value": 50, "tolerance": 1, "source": "x"}""", "quoted[0].metric")]
    [InlineData("""{"metric": "pgd20", "value": 101, "tolerance": 1, "source": "x"}""", "quoted[0].value")]
    [InlineData("""{"metric": "pgd20", "value": 50, "source": "x"}""", "quoted[0].tolerance")]
    [InlineData("""{"metric": "pgd20", "value": 50, "tolerance": 1, "source": " "}""", "quoted[0].source")]
    [InlineData("""{"metric": "pgd20", "value": 50, "tolerance": 1, "source": "x", "link": "javascript:alert(1)"}""", "quoted[0].link")]
    public void A_figure_that_says_too_little_is_refused_by_its_field(string figure, string field)
    {
        var json = JsonNode.Parse(RecipeJson.Canonical(Presets.All[0].Recipe))!;
        json["quoted"] = new JsonArray(JsonNode.Parse(figure));
        Assert.Equal(field, Assert.Single(RecipeJson.Read(json).Errors).Path);
    }
}

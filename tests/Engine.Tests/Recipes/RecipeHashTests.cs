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
}

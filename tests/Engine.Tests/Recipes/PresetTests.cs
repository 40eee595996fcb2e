using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

/// <summary>Laws over every recipe that ships.</summary>
public class PresetTests
{
    public static TheoryData<string> All => [.. Presets.All.Select(p => p.Id)];

    [Theory, MemberData(nameof(All))]
    public void Says_what_it_is_and_leaves_no_doubt(string id)
    {
        var recipe = Presets.Find(id)!.Recipe;
        Assert.NotEmpty(recipe.Name!);
        Assert.NotEmpty(recipe.Notes!);
        Assert.Empty(RecipeJson.Read(RecipeJson.Canonical(recipe)).Warnings);
    }

    [Fact]
    public void A_recipe_is_like_the_one_that_it_began_from_until_a_setting_differs()
    {
        var preset = Presets.Find("shapes32-pgd-at")!;
        var begun = preset.Recipe with { Name = "mine", Seed = 7, Device = "cpu", Data = preset.Recipe.Data with { Version = "0123456789abcdef" } };
        Assert.Equal(preset, Presets.Like(begun));
        Assert.Null(Presets.Like(begun with { Training = begun.Training with { Epochs = begun.Training.Epochs + 1 } }));
    }

    [Theory, MemberData(nameof(All))]
    public void Its_network_has_what_its_method_needs(string id)
    {
        var recipe = Presets.Find(id)!.Recipe;
        var needed = recipe.Method.Fit(new NetShape(3, 10));
        Assert.True((needed.Heads ?? 0) <= recipe.Model.AttributionPlaces(), $"{needed.Heads} attribution points, {recipe.Model.AttributionPlaces()} places");
    }
}

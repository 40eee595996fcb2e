using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;
using WebLab.Web.Recipes;

namespace WebLab.Web.Tests.Recipes;

public sealed class OptionsSheetTests
{
    [Fact]
    public void Every_preset_passes_through_the_form_unchanged() => Assert.All(Presets.All, preset =>
    {
        var sheet = OptionsSheet.Of(preset.Recipe);

        Assert.Empty(sheet.Errors);
        Assert.Equal(RecipeJson.Canonical(preset.Recipe), RecipeJson.Canonical(sheet.Recipe!));
    });

    [Fact]
    public void Every_kind_can_be_chosen_in_a_form() => Assert.All(Field.Of(typeof(Recipe)).Where(f => f.Category is not null), field => Assert.All(field.Category!.Entries, entry =>
    {
        var sheet = OptionsSheet.Plain("shapes32");

        sheet.Choose(sheet.Root, field, entry.Kind);

        Assert.Equal(entry.Kind, (string?)sheet.Root[field.Name]!["kind"]);
        Assert.Empty(sheet.Errors);
    }));

    [Fact]
    public void A_new_kind_keeps_values_of_the_same_name()
    {
        var sheet = OptionsSheet.Of(Presets.Find("shapes32-pgd-at")!.Recipe);
        var optimizer = Field.Of(typeof(Recipe)).Single(f => f.Name == "optimizer");
        sheet.Set(sheet.Root["optimizer"]!.AsObject(), "lr", 0.0123);

        sheet.Choose(sheet.Root, optimizer, "adamw");

        Assert.Equal(0.0123, (double)sheet.Root["optimizer"]!["lr"]!);
    }

    [Fact]
    public void A_wrong_value_is_found_at_its_path_and_leaves_no_recipe()
    {
        var sheet = OptionsSheet.Of(Presets.Find("shapes32-pgd-at")!.Recipe);

        sheet.Set(sheet.Root["training"]!.AsObject(), "epochs", "many");

        Assert.Null(sheet.Recipe);
        Assert.NotEmpty(sheet.At("training.epochs"));
        Assert.True(sheet.IsWrong("training"));
        Assert.False(sheet.IsWrong("train"));
    }

    [Fact]
    public void Text_that_is_not_a_json_object_changes_nothing()
    {
        var sheet = OptionsSheet.Plain("shapes32");
        var before = sheet.Json;

        Assert.False(sheet.TryReplace("[1]"));
        Assert.False(sheet.TryReplace("{"));

        Assert.Equal(before, sheet.Json);
    }

    [Fact]
    public void Typed_text_becomes_numbers_only_where_numbers_are_wanted()
    {
        var epochs = Field.Of(typeof(TrainingSection)).Single(f => f.Name == "epochs");
        var device = Field.Of(typeof(Recipe)).Single(f => f.Name == "device");

        Assert.Equal("12", OptionsSheet.Read(epochs, " 12 ")!.ToJsonString());
        Assert.Equal("\"12.5\"", OptionsSheet.Read(epochs, "12.5")!.ToJsonString());
        Assert.Equal("\"12\"", OptionsSheet.Read(device, "12")!.ToJsonString());
        Assert.Equal("12, 13", OptionsSheet.Text(new JsonArray(12, 13)));
    }
}

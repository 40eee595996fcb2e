using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Tests.Catalog;

/// <summary>Laws over every entry of every category.</summary>
public class CatalogTests
{
    public static TheoryData<string, string> Everything =>
        [.. Kinds.All.SelectMany(c => c.Entries.Select(e => (c.Name, e.Kind)))];

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Everything))]
    public void Defaults_are_valid_and_survive_json(string category, string kind)
    {
        var (table, entry) = Look(category, kind);
        var json = JsonSerializer.SerializeToNode(entry.Default(), table.Root, OptionsJson.Canonical)!.AsObject();
        Assert.Equal(kind, (string?)json["kind"]);
        Assert.Empty(Validation.Rules(entry.Default(), o => o.Check()));
        var back = (Options)json.Deserialize(table.Root, OptionsJson.Canonical)!;
        Assert.Equal(json.ToJsonString(), JsonSerializer.SerializeToNode(back, table.Root, OptionsJson.Canonical)!.ToJsonString());
        json.Remove("kind");
        Assert.Empty(Validation.Check(json, entry.Type));
    }

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Everything))]
    public void Every_kind_and_option_is_described(string category, string kind)
    {
        var (_, entry) = Look(category, kind);
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", kind);
        Assert.NotEmpty(entry.About.Title);
        Assert.EndsWith(".", entry.About.Summary);
        Assert.All(Field.Of(entry.Type), f => Assert.EndsWith(".", f.Description));
        Assert.All(Field.Of(entry.Type).Where(f => f.Shape is FieldShape.Integer or FieldShape.Number), f => Assert.NotNull(f.Minimum));
    }

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Everything))]
    public void Every_kind_has_a_schema(string category, string kind)
    {
        var (_, entry) = Look(category, kind);
        var schema = JsonSchema.Of(entry);
        Assert.Equal(kind, (string?)schema["properties"]!["kind"]!["const"]);
        Assert.Equal(Field.Of(entry.Type).Count + 1, schema["properties"]!.AsObject().Count);
    }

    [Fact]
    public void An_unknown_field_is_named_with_a_suggestion()
    {
        var finding = Assert.Single(Validation.Check(JsonNode.Parse("""{"id":"shapes32","trainLimits":3}"""), typeof(WebLab.Engine.Recipes.DataSection), "data"));
        Assert.Equal("data.trainLimits", finding.Path);
        Assert.Contains("did you mean 'trainLimit'?", finding.Message);
    }

    [Theory]
    [InlineData("""{"epochs":0}""", "training.epochs", "[1, 10000]")]
    [InlineData("""{"epochs":1.5}""", "training.epochs", "a whole number")]
    [InlineData("""{"epochs":null}""", "training.epochs", "got null")]
    [InlineData("""{"precision":"fp23"}""", "training.precision", "did you mean 'fp32'?")]
    [InlineData("""{"channelsLast":1}""", "training.channelsLast", "true or false")]
    public void A_bad_value_is_refused_by_its_path(string json, string path, string words)
    {
        var finding = Assert.Single(Validation.Check(JsonNode.Parse(json), typeof(WebLab.Engine.Recipes.TrainingSection), "training"));
        Assert.Equal(path, finding.Path);
        Assert.Contains(words, finding.Message);
    }

    private static (Category Table, Entry Entry) Look(string category, string kind)
    {
        var table = Kinds.All.Single(c => c.Name == category);
        return (table, table.Find(kind)!);
    }
}

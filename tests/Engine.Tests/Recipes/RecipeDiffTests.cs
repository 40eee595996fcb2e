using System.Text.Json.Nodes;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

public class RecipeDiffTests
{
    private const string Stem = """
        {
          "name": "one", "data": { "id": "shapes32", "augment": [ { "kind": "pad-crop", "pad": 4 }, { "kind": "flip" } ] }, "model": { "kind": "tinycnn" },
          "method": { "kind": "pgd-at", "attack": { "kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 3 } },
          "optimizer": { "kind": "sgd", "lr": 0.1 }, "schedule": { "kind": "constant" }, "training": { "epochs": 2 }
        }
        """;

    [Fact]
    public void A_recipe_does_not_differ_from_itself_with_its_defaults_written_out()
    {
        var whole = JsonNode.Parse(RecipeJson.Canonical(RecipeJson.Read(Stem).Recipe!))!;
        whole["name"] = "two";
        Assert.Empty(RecipeDiff.Between(JsonNode.Parse(Stem), whole));
    }

    [Fact]
    public void Fields_that_differ_are_named_with_both_values()
    {
        var other = JsonNode.Parse(Stem)!;
        other["optimizer"]!["lr"] = 0.2;
        other["data"]!["augment"]![0]!["pad"] = 2;
        other["training"]!["mixup"] = 0.2;
        Assert.Equal(["data.augment[0].pad 4 2", "optimizer.lr 0.1 0.2", "training.mixup null 0.2"], Words(other));
    }

    [Fact]
    public void Another_kind_is_one_change_and_what_both_kinds_have_is_told_apart()
    {
        var other = JsonNode.Parse(Stem)!;
        other["method"] = JsonNode.Parse("""{"kind":"trades","attack":{"kind":"pgd","eps":"8/255","stepSize":"2/255","steps":5}}""");
        var words = Words(other);
        Assert.Equal("""method.kind "pgd-at" "trades" """.Trim(), words[0]);
        Assert.Contains("method.attack.steps 3 5", words);
        Assert.DoesNotContain(words, w => w.StartsWith("method.beta", StringComparison.Ordinal));
    }

    [Fact]
    public void A_longer_list_is_one_change()
    {
        var other = JsonNode.Parse(Stem)!;
        other["data"]!["augment"] = new JsonArray();
        Assert.Equal("data.augment", Assert.Single(RecipeDiff.Between(JsonNode.Parse(Stem), other)).Path);
    }

    private static List<string> Words(JsonNode other) => [.. RecipeDiff.Between(JsonNode.Parse(Stem), other).Select(c => $"{c.Path} {Text(c.Old)} {Text(c.New)}")];

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
}

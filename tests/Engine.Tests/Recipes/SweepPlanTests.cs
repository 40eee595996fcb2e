using System.Text.Json.Nodes;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

public class SweepPlanTests
{
    private static readonly JsonNode Stem = JsonNode.Parse("""
        {
          "data": { "id": "shapes32", "augment": [ { "kind": "pad-crop", "pad": 4 } ] }, "model": { "kind": "tinycnn" },
          "method": { "kind": "pgd-at", "attack": { "kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 3 } },
          "optimizer": { "kind": "sgd", "lr": 0.1, "momentum": 0.8 }, "schedule": { "kind": "constant" }, "training": { "epochs": 2 }
        }
        """)!;

    public static TheoryData<string> Plans => new()
    {
        """[{"path":"optimizer.lr","low":0.001,"high":1,"scale":"log","count":5},{"path":"training.batchSize","values":[32,64,128]}]""",
        """[{"path":"method.attack.eps","low":"2/255","high":"8/255","count":4},{"path":"data.augment[0].pad","low":1,"high":4,"count":4}]""",
        """[{"path":"method","values":["standard","pgd-at","trades"]},{"path":"schedule","values":["constant","cosine"]}]""",
        """[{"path":"training.batchSize","low":16,"high":512,"scale":"log","count":6}]""",
        """[{"path":"optimizer.nesterov","values":[true,false]},{"path":"training.mixup","values":[null,0.2]},{"path":"optimizer.weightDecay","values":[0,0.0005]}]""",
    };

    [Theory, MemberData(nameof(Plans))]
    public void A_grid_is_the_full_product_in_order(string axes)
    {
        var plan = new SweepPlan(SweepKind.Grid, Axes(axes));
        var points = Sound(plan);

        var lists = plan.Axes.Select((_, i) => points.Select(p => Text(p.Values[i])).Distinct().ToList()).ToList();
        var product = lists.Aggregate((IEnumerable<string>)[""], (heads, list) => heads.SelectMany(_ => list, (head, value) => $"{head} {value}"));
        Assert.Equal(product, points.Select(p => string.Concat(p.Values.Select(v => $" {Text(v)}"))));
        Assert.Equal(plan.Axes.Select(a => a.Values?.Count ?? a.Count!.Value), lists.Select(l => l.Count));
    }

    [Theory, MemberData(nameof(Plans))]
    public void Equal_seeds_give_equal_points_and_more_points_begin_with_the_same(string axes)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var few = Sound(new SweepPlan(SweepKind.Random, Axes(axes), 7, seed)).Select(Words);
            var many = Sound(new SweepPlan(SweepKind.Random, Axes(axes), 20, seed)).Select(Words).ToList();
            Assert.Equal(few, many.Take(7));
            Assert.NotEqual(many, Sound(new SweepPlan(SweepKind.Random, Axes(axes), 20, seed + 1)).Select(Words));
        }
    }

    [Fact]
    public void Draws_of_an_axis_do_not_change_with_its_neighbours()
    {
        var alone = Sound(new SweepPlan(SweepKind.Random, Axes("""[{"path":"optimizer.lr","low":0.001,"high":1,"scale":"log"}]"""), 9, 3));
        var second = Sound(new SweepPlan(SweepKind.Random, Axes("""[{"path":"training.epochs","low":1,"high":9},{"path":"optimizer.lr","low":0.001,"high":1,"scale":"log"}]"""), 9, 3));
        Assert.Equal(alone.Select(p => Text(p.Values[0])), second.Select(p => Text(p.Values[1])));
    }

    [Theory, MemberData(nameof(Plans))]
    public void A_point_is_a_valid_recipe_that_holds_its_values_and_else_the_stem(string axes)
    {
        foreach (var kind in Enum.GetValues<SweepKind>())
        {
            var plan = new SweepPlan(kind, Axes(axes), 12, 1);
            foreach (var point in Sound(plan))
            {
                var read = RecipeJson.Read(RecipeJson.Canonical(point.Recipe!));
                Assert.Empty(read.Errors);
                foreach (var change in RecipeDiff.Between(Stem, point.Json))
                    Assert.Contains(plan.Axes, a => change.Path == a.Path || change.Path.StartsWith(a.Path + ".", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Draws_stay_in_the_range_and_a_logarithmic_one_spends_alike_on_each_decade()
    {
        var points = Sound(new SweepPlan(SweepKind.Random, Axes("""[{"path":"optimizer.lr","low":0.001,"high":1,"scale":"log"},{"path":"training.epochs","low":1,"high":3}]"""), 256, 5));
        var rates = points.Select(p => (double)p.Values[0]!).ToList();
        Assert.All(rates, r => Assert.InRange(r, 0.001, 1));
        // 256 draws over three decades: 85 each, five standard deviations are 38.
        foreach (var decade in rates.GroupBy(r => Math.Floor(Math.Log10(r)))) Assert.InRange(decade.Count(), 47, 123);
        Assert.Equal([1, 2, 3], points.Select(p => (int)p.Recipe!.Training.Epochs).Distinct().Order());
    }

    [Fact]
    public void Ranges_are_written_as_their_ends_are()
    {
        var points = Sound(new SweepPlan(SweepKind.Grid, Axes("""[{"path":"method.attack.eps","low":"2/255","high":"8/255","count":4}]""")));
        Assert.Equal(["2/255", "4/255", "6/255", "8/255"], points.Select(p => (string?)p.Values[0]));
        points = Sound(new SweepPlan(SweepKind.Grid, Axes("""[{"path":"training.batchSize","low":16,"high":256,"scale":"log","count":5}]""")));
        Assert.Equal([16, 32, 64, 128, 256], points.Select(p => (long)p.Values[0]!));
    }

    [Fact]
    public void Another_kind_keeps_what_both_have()
    {
        var points = Sound(new SweepPlan(SweepKind.Grid, Axes("""[{"path":"method.kind","values":["trades","mart"]}]""")));
        Assert.All(points, p => Assert.Equal(3, (int)p.Json["method"]!["attack"]!["steps"]!));
    }

    [Fact]
    public void A_wrong_point_is_named_with_its_field()
    {
        var expansion = new SweepPlan(SweepKind.Grid, Axes("""[{"path":"optimizer.lr","values":[0.1,-3]},{"path":"method.attack.stepSize","values":["2/255","0.25"]}]""")).Expand(Stem);
        Assert.Equal(["points[1].method.attack.stepSize", "points[2].optimizer.lr", "points[3].optimizer.lr"], expansion.Errors.Select(e => e.Path));
    }

    [Theory]
    [InlineData("""[]""", "axes")]
    [InlineData("""[{"path":"optimizer.rate","values":[1]}]""", "axes[0].path")]
    [InlineData("""[{"path":"seed","values":[1,2]}]""", "axes[0].path")]
    [InlineData("""[{"path":"optimizer.lr","values":[1]},{"path":"optimizer.lr","values":[2]}]""", "axes[1].path")]
    [InlineData("""[{"path":"optimizer.lr","values":[0.1,0.1]}]""", "axes[0].values")]
    [InlineData("""[{"path":"optimizer.lr","values":[]}]""", "axes[0].values")]
    [InlineData("""[{"path":"optimizer.lr","low":1,"high":0.1,"count":3}]""", "axes[0].high")]
    [InlineData("""[{"path":"optimizer.lr","low":0,"high":0.1,"scale":"log","count":3}]""", "axes[0].low")]
    [InlineData("""[{"path":"optimizer.lr","low":0.01,"high":0.1}]""", "axes[0].count")]
    [InlineData("""[{"path":"method","low":0.01,"high":0.1,"count":3}]""", "axes[0].path")]
    [InlineData("""[{"path":"training.epochs","low":1.5,"high":3,"count":3}]""", "axes[0].low")]
    [InlineData("""[{"path":"data.augment[3].pad","values":[1]}]""", "axes[0].path")]
    [InlineData("""[{"path":"optimizer.lr","low":0.001,"high":1,"count":60},{"path":"optimizer.weightDecay","low":0.001,"high":1,"count":60}]""", "axes")]
    public void A_wrong_plan_names_the_field(string axes, string path) =>
        Assert.Equal(path, Assert.Single(new SweepPlan(SweepKind.Grid, Axes(axes)).Expand(Stem).Errors).Path);

    [Fact]
    public void A_list_is_swept_as_a_whole_and_kinds_in_it_by_their_words()
    {
        var points = Sound(new SweepPlan(SweepKind.Grid, Axes("""[{"path":"data.augment","values":[[],["flip"],[{"kind":"pad-crop","pad":2},"flip"]]},{"path":"training.epochs","values":[1,2]}]""")));
        Assert.Equal(6, points.Count);
        Assert.Equal(["", "", "FlipOptions", "FlipOptions", "PadCropOptions FlipOptions", "PadCropOptions FlipOptions"], points.Select(p => string.Join(' ', p.Recipe!.Data.Augment.Select(a => a.GetType().Name))));
        Assert.Equal(2, Assert.IsType<WebLab.Engine.Data.Augmentations.PadCropOptions>(points[4].Recipe!.Data.Augment[0]).Pad);
        var milestones = JsonNode.Parse(Stem.ToJsonString())!;
        milestones["schedule"] = new JsonObject { ["kind"] = "piecewise" };
        var lists = new SweepPlan(SweepKind.Grid, Axes("""[{"path":"schedule.milestones","values":[[0.5],[0.5,0.75]]}]""")).Expand(milestones);
        Assert.Empty(lists.Errors);
        Assert.Equal(2, lists.Points.Select(p => RecipeJson.Hash(p.Recipe!)).Distinct().Count());
        Assert.Equal("points[0].data.augment[0].kind", Assert.Single(new SweepPlan(SweepKind.Grid, Axes("""[{"path":"data.augment","values":[["nothing"]]}]""")).Expand(Stem).Errors).Path);
    }

    [Fact]
    public void A_wrong_stem_and_a_wrong_number_of_points_are_named()
    {
        var stem = Stem.DeepClone();
        stem["training"]!["epochs"] = 0;
        Assert.Equal(["recipe.training.epochs", "points"], new SweepPlan(SweepKind.Random, Axes("""[{"path":"optimizer.lr","values":[1]}]"""), 0).Expand(stem).Errors.Select(e => e.Path));
    }

    [Fact]
    public void Fields_of_a_recipe_are_listed_with_their_values_and_each_can_be_set_to_it()
    {
        var whole = JsonNode.Parse(RecipeJson.Canonical(RecipeJson.Read(Stem).Recipe!))!.AsObject();
        var fields = RecipeFields.Of(whole);
        Assert.Contains(fields, f => f.Path == "method.attack.eps" && (string?)f.Value == "8/255");
        Assert.Contains(fields, f => f.Path == "data.augment[0].pad");
        foreach (var field in fields)
        {
            var copy = whole.DeepClone().AsObject();
            Assert.Null(RecipeFields.Set(copy, field.Path, field.Value));
            Assert.Empty(RecipeDiff.Between(whole, copy));
        }
    }

    private static IReadOnlyList<SweepPoint> Sound(SweepPlan plan)
    {
        var expansion = plan.Expand(Stem);
        Assert.Empty(expansion.Errors);
        Assert.All(expansion.Points, p => Assert.NotNull(p.Recipe));
        return expansion.Points;
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";

    private static string Words(SweepPoint point) => string.Join(' ', point.Values.Select(Text));

    private static List<SweepAxis> Axes(string json) => [.. JsonNode.Parse(json)!.AsArray().Select(a => new SweepAxis((string)a!["path"]!,
        a["values"] is JsonArray list ? [.. list.Select(v => v?.DeepClone())] : null, a["low"]?.DeepClone(), a["high"]?.DeepClone(),
        (string?)a["scale"] == "log" ? SweepScale.Log : SweepScale.Linear, (int?)a["count"]))];
}

using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

/// <summary>Laws over the recipes of published tables, and their settings as the papers and their codes have them.</summary>
public class PaperRecipeTests
{
    private static readonly IReadOnlyList<Preset> papers = [.. Presets.All.Where(p => p.Group == "papers")];

    public static TheoryData<string> All => [.. papers.Select(p => p.Id)];

    public static TheoryData<string, string> Methods =>
        [.. from kind in Kinds.Methods.Entries from folder in (string[])["papers", "cpu"] select new TheoryDataRow<string, string>(kind.Kind, folder)];

    [Theory, MemberData(nameof(All))]
    public void It_quotes_a_figure_or_says_that_there_is_none(string id)
    {
        var recipe = Presets.Find(id)!.Recipe;
        if (recipe.Quoted is null) Assert.Contains("figure", recipe.Notes);
        else Assert.NotEmpty(recipe.Quoted);
        Assert.All(recipe.Quoted ?? [], q => Assert.True(q is { Value: > 0, Tolerance: > 0, Source.Length: > 0 }, $"{q}"));
        Assert.DoesNotContain("Quoted", recipe.Notes);
    }

    [Theory, MemberData(nameof(All))]
    public void It_is_named_by_method_data_and_network(string id)
    {
        var recipe = Presets.Find(id)!.Recipe;
        var network = recipe.Model is WideResNetOptions wide ? $"wrn-{wide.Depth}-{wide.Widen}" : Kinds.Architectures.KindOf(recipe.Model);
        Assert.EndsWith($"-{recipe.Data.Id}-{network}", id);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Every_method_has_a_recipe(string method, string folder) =>
        Assert.Contains(Presets.All, p => p.Group == folder && Kinds.Methods.KindOf(p.Recipe.Method) == method);

    /// <summary>Epochs, rate, weight decay, schedule's numbers; then what the method has of beta, gamma, first epoch of perturbed weights, radius, step and number of steps.</summary>
    [Theory]
    [InlineData("pgd-at-cifar10-preactresnet18", 200, 0.1, 5e-4, "[0.5,0.75]", "8/255 2/255 10 uniform")]
    [InlineData("pgd-at-bag-of-tricks-cifar10-wrn-34-10", 110, 0.1, 5e-4, "[100,105]", "8/255 2/255 10 uniform")]
    [InlineData("pgd-at-madry-cifar10-wrn-34-10", 209, 0.1, 2e-4, "[0.5,0.75]", "8/255 2/255 10 uniform")]
    [InlineData("pgd-at-cifar100-wrn-34-10", 200, 0.1, 5e-4, "[0.5,0.75]", "8/255 2/255 10 uniform")]
    [InlineData("pgd-at-svhn-preactresnet18", 200, 0.01, 5e-4, "[0.5,0.75]", "8/255 2/255 10 uniform")]
    [InlineData("pgd-at-tiny-imagenet-preactresnet18", 110, 0.1, 5e-4, "[0.9,0.945]", "8/255 2/255 10 uniform")]
    [InlineData("trades-cifar10-wrn-34-10", 76, 0.1, 2e-4, "[75]", "beta 6 0.031 0.007 10 gauss")]
    [InlineData("trades1-cifar10-wrn-34-10", 76, 0.1, 2e-4, "[75]", "beta 1 0.031 0.007 10 gauss")]
    [InlineData("trades-bag-of-tricks-cifar10-wrn-34-10", 110, 0.1, 5e-4, "[100,105]", "beta 6 0.031 0.007 10 gauss")]
    [InlineData("trades-cifar10-resnet18", 100, 0.1, 5e-4, "[75,90]", "beta 4 0.031 0.007 10 gauss")]
    [InlineData("mart-cifar10-resnet18", 120, 0.01, 3.5e-3, "[75,90,100]", "beta 5 0.031 0.007 10 gauss")]
    [InlineData("mart-cifar10-wrn-34-10", 90, 0.1, 7e-4, "[75,90,100]", "beta 6 0.031 0.007 10 gauss")]
    [InlineData("fat-cifar10-wrn-34-10", 120, 0.1, 2e-4, "[60,90,110]", "tau [50,90] 0.031 0.007 10 uniform")]
    [InlineData("fat-eps16-cifar10-wrn-34-10", 120, 0.1, 2e-4, "[60,90,110]", "tau [50,90] 0.062 0.007 10 uniform")]
    [InlineData("fat-trades-eps16-cifar10-wrn-34-10", 85, 0.1, 2e-4, "[75]", "beta 6 tau [30,50,70] 0.062 0.007 10 gauss")]
    [InlineData("fat-mart-cifar10-wrn-34-10", 90, 0.1, 2e-4, "[60,90]", "beta 6 tau [20,40,60,80] 0.031 0.007 10 gauss")]
    [InlineData("lbgat0-cifar10-wrn-34-20", 100, 0.1, 2e-4, "[2,76,91]", "beta 0 0.031 0.007 10 gauss")]
    [InlineData("lbgat6-cifar100-wrn-34-10", 100, 0.1, 2e-4, "[2,76,91]", "beta 6 0.031 0.007 10 gauss")]
    [InlineData("cas-trades-cifar10-resnet18", 100, 0.1, 5e-4, "[75,90]", "beta 4 0.031 0.007 10 gauss")]
    [InlineData("cas-mart-cifar10-resnet18", 120, 0.1, 2e-4, "[75,90,100]", "beta 5 0.031 0.007 10 gauss")]
    [InlineData("awp-cifar100-preactresnet18", 200, 0.1, 5e-4, "[0.5,0.75]", "gamma 0.01 from 1 8/255 2/255 10 uniform")]
    [InlineData("awp-svhn-preactresnet18", 200, 0.01, 5e-4, "[0.5,0.75]", "gamma 0.01 from 6 8/255 1/255 10 uniform")]
    [InlineData("trades-awp-cifar10-wrn-34-10", 200, 0.1, 5e-4, "[100,150]", "beta 6 gamma 0.005 from 10 8/255 2/255 10 gauss")]
    [InlineData("again-pgd-at-cifar10-resnet18", 120, 0.1, 5e-4, "[75,90]", "8/255 2/255 10 gauss")]
    [InlineData("again-mart-cifar10-wrn-34-10", 200, 0.1, 5e-4, "[100,150]", "beta 5 8/255 2/255 10 gauss")]
    [InlineData("again-awp-cifar10-wrn-34-10", 200, 0.1, 5e-4, "[100,150]", "gamma 0.005 from 10 8/255 2/255 10 gauss")]
    [InlineData("afa-svhn-wrn-16-8", 120, 0.01, 5e-4, "[100,105]", "8/255 2/255 10 uniform")]
    [InlineData("free4-cifar10-wrn-34-10", 52, 0.1, 2e-4, "[0.5,0.75]", "8/255 replays 4")]
    [InlineData("free10-cifar10-wrn-34-10", 21, 0.1, 2e-4, "[0.5,0.75]", "8/255 replays 10")]
    [InlineData("fast-cifar10-preactresnet18", 15, 0.2, 5e-4, "0.5", "8/255 10/255")]
    [InlineData("fast-rice-cifar10-preactresnet18", 200, 0.1, 5e-4, "[0.5,0.75]", "8/255 7/255")]
    [InlineData("las-pgd-at-cifar10-wrn-34-10", 110, 0.1, 5e-4, "[0.9,0.945]", "eps 3-15 steps 3-14 size 1-5 every 20")]
    [InlineData("las-pgd-at-cifar100-wrn-34-10", 110, 0.1, 5e-4, "[0.9,0.945]", "eps 3-15 steps 3-12 size 1-5 every 20")]
    [InlineData("las-trades-cifar100-wrn-34-10", 100, 0.1, 5e-4, "[75,90]", "eps 5-10 steps 7-14 size 2-4 every 1")]
    [InlineData("las-awp-cifar10-wrn-70-16", 200, 0.1, 5e-4, "[0.5,0.75]", "gamma 0.01 from 1 eps 7-15 steps 8-16 size 2-5 every 20")]
    [InlineData("alfa-cifar10-resnet56s", 200, 0.1, 5e-4, "[51,151]", "0.5/255 5")]
    [InlineData("l-alfa-cifar10-resnet56s", 200, 0.1, 5e-4, "[51,151]", "1/255 3")]
    [InlineData("advprop-imagenet-resnet50", 105, 0.1, 1e-4, "[31,61,91,101]", "1/255 1/255 1 uniform")]
    [InlineData("advprop-pgd5-imagenet-resnet50", 105, 0.1, 1e-4, "[31,61,91,101]", "4/255 1/255 5 uniform")]
    [InlineData("fast-advprop-imagenet-resnet50", 87, 0.1, 1e-4, "[0.2858,0.5715,0.8572,0.9524]", "beta 0.5 1/255 1/255")]
    [InlineData("advprop-imagenet-efficientnet-b7", 350, 0.016, 1e-5, "0.97 2.4", "4/255 1/255 5 uniform")]
    [InlineData("adversarial-then-clean-imagenet-efficientnet-b0", 350, 0.016, 1e-5, "0.97 2.4", "1/255 1/255 1 uniform")]
    [InlineData("mixed-separate-cifar10-preactresnet18", 200, 0.1, 5e-4, "[51,151]", "8/255 2/255 7 uniform")]
    public void It_has_the_settings_of_its_paper(string name, int epochs, double lr, double weightDecay, string drops, string method)
    {
        var recipe = JsonNode.Parse(RecipeJson.Canonical(Presets.Find($"papers/{name}")!.Recipe))!;
        Assert.Equal(epochs, (int)recipe["training"]!["epochs"]!);
        Assert.Equal(lr, (double)recipe["optimizer"]!["lr"]!);
        Assert.Equal(weightDecay, (double)recipe["optimizer"]!["weightDecay"]!);
        Assert.Equal(drops, Words(recipe["schedule"]!, "milestones", "peak") is { Length: > 0 } own ? own : Words(recipe["schedule"]!, "gamma", "everyEpochs"));
        Assert.Equal(method, Words(recipe["method"]!.AsObject()));
    }

    [Theory]
    [InlineData(0, 224, 1, 1)]
    [InlineData(3, 300, 1, 1)]
    [InlineData(4, 380, 4, 5)]
    [InlineData(8, 672, 4, 5)]
    public void Efficientnets_see_their_own_resolution_with_the_recipe_of_their_paper(int b, int side, int eps, int steps)
    {
        var recipe = Presets.Find($"papers/advprop-imagenet-efficientnet-b{b}")!.Recipe;
        var (training, attack) = (recipe.Training, JsonNode.Parse(RecipeJson.Canonical(recipe))!["method"]!["attack"]!);
        Assert.Equal((side, 350, 0.1, 0.9999), (recipe.Data.Crop, training.Epochs, training.LabelSmoothing, training.AverageDecay));
        Assert.Equal(($"{eps}/255", steps), ((string?)attack["eps"], (int)attack["steps"]!));
    }

    private static string Words(JsonObject method)
    {
        var attack = method["attack"];
        var own = new List<string>();
        if (method["loss"] is null || (string?)method["loss"] != "ce") own.Add(Words(method, "beta") is { Length: > 0 } beta ? $"beta {beta}" : "");
        if (method["tauEpochs"] is { } tau) own.Add($"tau {tau.ToJsonString()}");
        if (method["gamma"] is { } gamma && (double)gamma > 0) own.Add($"gamma {gamma} from {method["startEpoch"]}");
        if (method["epsFrom"] is not null)
            own.Add($"eps {method["epsFrom"]}-{method["epsTo"]} steps {method["stepsFrom"]}-{method["stepsTo"]} size {method["stepSizeFrom"]}-{method["stepSizeTo"]} every {method["policyEvery"]}");
        else if (attack is not null) own.Add(Words(attack, "eps", "stepSize", "steps", "start"));
        else own.Add(method["locations"] is null ? Words(method, "eps", "stepSize") : Words(method, "stepSize", "steps"));
        if (method["replays"] is { } replays) own.Add($"replays {replays}");
        return string.Join(' ', own.Where(w => w.Length > 0));
    }

    private static string Words(JsonNode node, params string[] fields) =>
        string.Join(' ', fields.Select(f => node[f]).OfType<JsonNode>().Select(v => v is JsonArray list ? list.ToJsonString() : v.ToString()));
}

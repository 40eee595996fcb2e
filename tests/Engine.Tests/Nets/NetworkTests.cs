using Xunit;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

public sealed class NetworkTests
{
    private static readonly Pass Training = new() { Train = true, Stats = StatsMode.BatchUpdate };

    public static TheoryData<string> All => Architectures.All;

    [Theory]
    [InlineData("tinycnn", 10, 3_922)]
    [InlineData("smallcnn", 10, 1_639_282)]
    [InlineData("resnet18", 10, 11_173_962)]
    [InlineData("resnet18", 100, 11_220_132)]
    [InlineData("resnet18", 200, 11_271_432)]
    [InlineData("preactresnet18", 10, 11_172_170)]
    [InlineData("preactresnet18", 100, 11_218_340)]
    [InlineData("preactresnet18", 200, 11_269_640)]
    [InlineData("wrn", 10, 46_160_474)]
    [InlineData("wrn", 100, 46_218_164)]
    [InlineData("wrn", 200, 46_282_264)]
    [InlineData("resnet56s", 10, 853_018)]
    public void Parameter_counts_are_those_of_the_papers(string kind, int classes, long count)
    {
        using var network = ((ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default()).Build(new NetShape(3, classes));
        Assert.Equal(count, network.ParameterCount);
    }

    [Theory]
    [InlineData(28, 10, 36_479_194)]
    [InlineData(34, 20, 184_531_674)]
    [InlineData(16, 8, 10_961_370)]
    [InlineData(10, 1, 77_850)]
    public void Wide_networks_count_as_in_the_papers(int depth, int widen, long count)
    {
        using var network = new WideResNetOptions { Depth = depth, Widen = widen }.Build(new NetShape(3, 10));
        Assert.Equal(count, network.ParameterCount);
    }

    [Theory]
    [InlineData("efficientnet-b0", 5_288_548)]
    [InlineData("efficientnet-b1", 7_794_184)]
    [InlineData("efficientnet-b2", 9_109_994)]
    [InlineData("efficientnet-b3", 12_233_232)]
    [InlineData("efficientnet-b4", 19_341_616)]
    [InlineData("efficientnet-b5", 30_389_784)]
    [InlineData("efficientnet-b6", 43_040_704)]
    [InlineData("efficientnet-b7", 66_347_960)]
    public void EfficientNets_count_as_in_torchvision(string kind, long count)
    {
        using var network = ((ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default()).Build(new NetShape(3, 1000));
        Assert.Equal(count, network.ParameterCount);
    }

    [Fact]
    public void Imagenet_networks_count_as_in_torchvision()
    {
        using var r18 = new ResNet18Options { Stem = Stem.Imagenet }.Build(new NetShape(3, 1000));
        using var r50 = new ResNet50Options { Stem = Stem.Imagenet }.Build(new NetShape(3, 1000));
        Assert.Equal(11_689_512, r18.ParameterCount);
        Assert.Equal(25_557_032, r50.ParameterCount);
        using var r34 = new ResNet34Options { Stem = Stem.Imagenet }.Build(new NetShape(3, 1000));
        using var r101 = new ResNet101Options { Stem = Stem.Imagenet }.Build(new NetShape(3, 1000));
        Assert.Equal(21_797_672, r34.ParameterCount);
        Assert.Equal(44_549_160, r101.ParameterCount);
    }

    // Two values for each channel of each batch norm.
    [Theory]
    [InlineData("resnet18", 9_600)]
    [InlineData("wrn", 22_432)]
    [InlineData("efficientnet-b0", 42_016)]
    [InlineData("resnet56s", 4_064)]
    public void A_further_bank_costs_what_the_specification_says(string kind, long count)
    {
        var options = (ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default();
        using var one = options.Build(new NetShape(3, 10));
        using var two = options.Build(new NetShape(3, 10, Banks: 2));
        Assert.Equal(count, two.ParameterCount - one.ParameterCount);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Logits_have_a_row_per_image_and_a_column_per_class(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind, classes: 7);
        Assert.Equal([3, 7], network.Forward(Architectures.Images(3), Pass.Eval).shape);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Inference_of_an_image_does_not_depend_on_its_batch(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind);
        var x = Architectures.Images(4);
        var (all, one) = (network.Forward(x, Pass.Eval), network.Forward(x.narrow(0, 2, 1), Pass.Eval));
        Assert.True((all.narrow(0, 2, 1) - one).abs().max().item<double>() < 1e-9);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_gradient_reaches_every_parameter(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind);
        var pass = Training with { Draws = new Rng(3).Draw("pass", Ops.arange(4), 0, DType.Float64) };
        var loss = Losses.CrossEntropy(network.Forward(Architectures.Images(4), pass), Architectures.Labels(4)).sum();
        var parameters = network.Parameters.ToArray();
        var gradients = Grad.Of(loss, [.. parameters.Select(p => p.Slot.Value)]);
        for (var k = 0; k < parameters.Length; k++)
            Assert.True(gradients[k].abs().sum().item<double>() > 0, parameters[k].Name);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Stages_cut_anywhere_give_the_same_logits(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind);
        var x = Architectures.Images(2);
        var whole = network.Forward(x, Pass.Eval);
        foreach (var stage in network.Stages)
            Assert.True(whole.equal(network.From(stage.Name)(network.Upto(stage.Name)(x, Pass.Eval), Pass.Eval)), stage.Name);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_options_name_the_stages_that_the_network_has(string kind)
    {
        using var network = Architectures.Fresh(kind);
        var options = Architectures.Narrow(kind);
        Assert.Equal(network.Stages.Select(s => s.Name), [.. options.Places(), "head"]);
        Assert.Contains(options.EarlyPlace(), options.Places());
        network.Cut(options.SpreadPlaces());
    }

    [Theory]
    [InlineData("resnet56s", "stem, layer1.3, layer1.6, layer2.0, layer2.4, layer2.7, layer3.1, layer3.5, layer3")]
    [InlineData("resnet18", "stem, layer1, layer2, layer3, layer4")]
    [InlineData("resnet50", "stem, layer1, layer2, layer3, layer4")]
    [InlineData("wrn", "stem, block1, block2, block3")]
    [InlineData("efficientnet-b0", "stem, stage1, stage2, stage3, stage4, stage5, stage6, stage7, conv")]
    public void The_places_of_l_alfa_are_those_of_the_specification(string kind, string places) =>
        Assert.Equal(places, string.Join(", ", ((ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default()).SpreadPlaces()));

    [Theory]
    [MemberData(nameof(All))]
    public void A_network_cut_at_every_place_gives_the_same_logits(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind);
        var x = Architectures.Images(2);
        var pieces = network.Cut(Architectures.Narrow(kind).Places()).Aggregate(x, (z, piece) => piece(z, Pass.Eval));
        Assert.True(network.Forward(x, Pass.Eval).equal(pieces));
    }

    [Fact]
    public void Places_out_of_order_are_refused()
    {
        using var network = Architectures.Fresh("tinycnn");
        Assert.Contains("'stage1' does not lie behind 'stage2'", Assert.Throws<ArgumentException>(() => network.Cut(["stage2", "stage1"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Cut(["stage2", "stage2"]));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_training_pass_moves_every_running_statistic_of_its_bank_alone(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind, banks: 3);
        var before = network.State.ToDictionary(s => s.Name, s => s.Slot.Value.clone());
        var pass = Training with { Route = Route.One(2), Draws = new Rng(3).Draw("pass", Ops.arange(4), 0, DType.Float64) };
        network.Forward(Architectures.Images(4), pass);
        foreach (var (name, slot) in network.State)
            Assert.Equal(!slot.Learned && name.Contains(".aux_bn.1.", StringComparison.Ordinal), !slot.Value.equal(before[name]));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_plain_checkpoint_fills_every_bank(string kind)
    {
        using var scope = Scope.Enter();
        using var plain = Architectures.Fresh(kind, seed: 1);
        using var banked = Architectures.Fresh(kind, banks: 2, seed: 2);
        banked.Load(plain.Tensors());
        var x = Architectures.Images(2);
        var want = plain.Forward(x, Pass.Eval);
        Assert.True(want.equal(banked.Forward(x, Pass.Eval)));
        Assert.True(want.equal(banked.Forward(x, Pass.Eval with { Route = Route.One(1) })));
    }

    [Fact]
    public void Equal_seeds_give_equal_networks_and_others_do_not()
    {
        using var scope = Scope.Enter();
        using var a = Architectures.Fresh("smallcnn", seed: 4);
        using var b = Architectures.Fresh("smallcnn", seed: 4);
        using var c = Architectures.Fresh("smallcnn", seed: 5);
        Assert.All(a.State.Zip(b.State), p => Assert.True(p.First.Slot.Value.equal(p.Second.Slot.Value)));
        Assert.False(a.Tensors()["fc1.weight"].equal(c.Tensors()["fc1.weight"]));
    }

    [Fact]
    public void Library_initialisation_fills_its_interval()
    {
        using var scope = Scope.Enter();
        using var network = new SmallCnnOptions().Build(new NetShape(3, 10));
        network.Initialise(new Rng(1));
        var weight = network.Tensors()["block2_conv1.weight"].abs().max().item<double>();
        Assert.InRange(weight, 0.999 / Math.Sqrt(64 * 9), 1 / Math.Sqrt(64 * 9));
    }

    [Fact]
    public void Weights_with_a_wrong_name_or_shape_are_refused()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn");
        var tensors = network.Tensors().ToDictionary();
        tensors["fc.bias"] = Ops.zeros([3]);
        Assert.Contains("'fc.bias': got shape [3], tinycnn wants [5]", Assert.Throws<ArgumentException>(() => network.Load(tensors)).Message, StringComparison.Ordinal);
        tensors.Remove("fc.bias");
        Assert.Contains("lack 'fc.bias'", Assert.Throws<ArgumentException>(() => network.Load(tensors)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_stage_is_refused_by_name()
    {
        using var network = Architectures.Fresh("tinycnn");
        Assert.Contains("stage1, stage2, stage3", Assert.Throws<ArgumentException>(() => network.Upto("layer9")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Sizes_for_estimates_are_about_right(string kind)
    {
        var options = (ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default();
        using var network = options.Build(new NetShape(3, 10));
        Assert.InRange(options.Size().Parameters / network.ParameterCount, 0.9, 1.35);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Folded_batch_norm_gives_the_same_logits_and_gradients(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind, spareBanks: 1);
        using var folds = new Folds();
        var x = Architectures.Images(4);
        network.Forward(x, new Pass { Stats = StatsMode.BatchUpdate, Route = Route.Chunks(2, 2) });
        foreach (var route in new[] { Route.Own, Route.One(1) })
        {
            var plain = Climbed(Pass.Eval with { Route = route });
            // Twice: made, and remembered.
            for (var turn = 0; turn < 2; turn++)
            {
                var (logits, gradient) = Climbed(Pass.Eval with { Route = route, Folds = folds });
                Assert.InRange((logits - plain.Logits).abs().max().item<double>(), 0, 1e-10);
                Assert.InRange((gradient - plain.Gradient).abs().max().item<double>(), 0, 1e-10);
            }
        }

        (Tensor Logits, Tensor Gradient) Climbed(Pass pass)
        {
            var at = x.detach().requires_grad_();
            var logits = network.Forward(at, pass);
            return (logits.detach(), Grad.Of([logits.logsumexp(1)], [at])[0]);
        }
    }
}

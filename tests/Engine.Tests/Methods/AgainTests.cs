using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Recipes;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

/// <summary>AGAIN against the methods it is built on, on tinycnn in float64.</summary>
public sealed class AgainTests
{
    private const int N = 8;

    private static readonly PgdOptions still = new() { Eps = Budget.Zero, StepSize = Budget.Zero, Steps = 1, Start = Start.Zero };

    public static TheoryData<InnerLoss> Losses => [InnerLoss.Ce, InnerLoss.Trades, InnerLoss.Mart];

    [Theory]
    [MemberData(nameof(Losses))]
    public void With_heads_of_ones_that_do_not_count_it_is_the_method_beneath(InnerLoss loss)
    {
        using var scope = Scope.Enter();
        var again = Told(new AgainOptions { Attack = still, Loss = loss, Beta = 5, Fusion = false, AuxWeight = 0 }, ones: true);
        var plain = Told(loss switch
        {
            InnerLoss.Trades => new TradesOptions { Attack = still, Beta = 5 },
            InnerLoss.Mart => new MartOptions { Attack = still, Beta = 5 },
            _ => new PgdAtOptions { Attack = still },
        });
        foreach (var (name, value) in plain.Where(n => n.Key is "loss" or "x_adv" || n.Key.StartsWith("grad.", StringComparison.Ordinal)))
            Assert.True((again[name] - value).abs().max().item<double>() < 1e-9, name);
        Free(again, plain);
    }

    [Fact]
    public void Without_a_second_class_and_fusion_nothing_is_drawn()
    {
        using var scope = Scope.Enter();
        var options = new AgainOptions { Attack = still, Alpha = 1, Fusion = false };
        var (one, two) = (Told(options, seed: 1), Told(options, seed: 2));
        Assert.All(one, n => Assert.True(n.Value.equal(two[n.Key]), n.Key));
        Free(one, two);
    }

    [Fact]
    public void A_divergence_is_zero_where_nothing_was_attacked()
    {
        using var scope = Scope.Enter();
        var told = Told(new AgainOptions { Attack = still, Loss = InnerLoss.Trades, Fusion = true });
        // The clean and the attacked pass share permutation and fusion weights.
        Assert.Equal(0, told["loss.kl"].item<double>(), 12);
        Free(told);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Fused_with_clean_maps_an_image_that_was_not_attacked_is_not_changed(InnerLoss loss)
    {
        using var scope = Scope.Enter();
        var options = new AgainOptions { Attack = still, Loss = loss, FusedWith = FusionPartner.Clean };
        var (fused, plain) = (Told(options), Told(options with { Fusion = false }));
        // Statistics that are exchanged and put back lose the 1e-5 beneath their roots.
        Assert.Equal(plain["loss"].item<double>(), fused["loss"].item<double>(), 4);
        var attacked = new PgdOptions { Steps = 2, Start = Start.Gauss };
        var (moved, without) = (Told(options with { Attack = attacked }), Told(options with { Attack = attacked, Fusion = false }));
        Assert.True((moved["loss"] - without["loss"]).abs().item<double>() > 1e-6);
        Free(fused, plain, moved, without);
    }

    [Fact]
    public void Clean_maps_move_no_running_statistics()
    {
        using var bench = new Bench(new AgainOptions { FusedWith = FusionPartner.Clean });
        bench.Step(0);
        Assert.All(bench.Network.State.Where(s => s.Slot.FixedType is not null), s => Assert.Equal(1, s.Slot.Value.item<long>()));
    }

    [Fact]
    public void Partners_may_be_others_than_the_samples_of_the_second_class()
    {
        using var scope = Scope.Enter();
        var options = new AgainOptions { Attack = still };
        var (same, stated, other) = (Told(options), Told(options with { FusedWith = FusionPartner.SecondClass }), Told(options with { FusedWith = FusionPartner.Other }));
        Assert.True(same["loss"].equal(stated["loss"]));
        Assert.False(same["loss"].equal(other["loss"]));
        // Without fusion there is nobody to choose.
        var (one, two) = (Told(options with { Fusion = false }), Told(options with { Fusion = false, FusedWith = FusionPartner.Other }));
        Assert.True(one["loss"].equal(two["loss"]));
        Free(same, stated, other, one, two);
    }

    [Fact]
    public void Perturbed_weights_of_no_length_change_nothing()
    {
        using var scope = Scope.Enter();
        var options = new AgainOptions { Attack = still };
        var (plain, perturbed) = (Told(options), Told(options with { Gamma = 1e-300, StartEpoch = 1 }));
        Assert.All(plain, n => Assert.True((n.Value - perturbed[n.Key]).abs().max().item<double>() < 1e-12, n.Key));
        Free(plain, perturbed);
    }

    [Fact]
    public void A_network_with_helper_heads_is_attacked_from_four_sides_and_scored_by_the_main_head()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn", method: new AgainOptions());
        var (victim, x) = (new Victim(network), Architectures.Images(N, 8));
        var y = victim.Logits(x).detach().argmax(1);
        Assert.Equal(["main", "combined", "aux", "soft"], victim.Fronts.Select(f => f.Name));
        var draws = new Rng(0).Draw("attack", Ops.arange(N), 0, DType.Float64);
        var attack = new PgdOptions { Eps = Budget.Of255(16), StepSize = Budget.Of255(4) }.Build();
        var all = attack.Run(victim, x, y, draws);
        var main = attack.Run(new Victim(victim.Logits), x, y, draws);
        Assert.False(main.Success.logical_and(all.Success.logical_not()).any().item<bool>());
        Assert.True(all.LabelAfter.equal(victim.Logits(all.X).argmax(1)));
        Assert.True(all.Linf.max().item<double>() <= (16 / 255.0) + 1e-9);
        var shape = victim.Fronts.Select(f => f.Logits(x).shape[1]);
        Assert.Equal([5, 15, 15, 10], shape);
    }

    [Fact]
    public void An_architecture_without_places_is_refused_by_path()
    {
        var recipe = SmallRun.Recipe(new AgainOptions()) with { Model = new SmallCnnOptions() };
        var finding = Assert.Single(RecipeJson.Read(RecipeJson.Canonical(recipe)).Errors);
        Assert.Equal("method.kind", finding.Path);
        Assert.Contains("smallcnn", finding.Message, StringComparison.Ordinal);
        Assert.Contains("resnet18", finding.Message, StringComparison.Ordinal);
        Assert.Empty(RecipeJson.Read(RecipeJson.Canonical(recipe with { Model = new TinyCnnOptions() })).Errors);
    }

    [Fact]
    public void Maps_that_are_too_small_to_be_fused_are_refused_before_training()
    {
        using var network = Architectures.Fresh("resnet18", method: new AgainOptions());
        Assert.Contains("one pixel", Assert.Throws<ArgumentException>(() => new AgainOptions().Build(network, [N, 3, 8, 8])).Message, StringComparison.Ordinal);
    }

    /// <summary>What one step on fixed images tells.</summary>
    private static Dictionary<string, Tensor> Told(MethodOptions options, bool ones = false, ulong seed = 5)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn", method: options);
        using (NoGrad.Enter())
            foreach (var (name, slot) in network.Parameters.Where(p => ones && p.Name.StartsWith("aux.", StringComparison.Ordinal))) slot.Value.fill_(1);
        using var method = options.Build(network, [N, 3, 8, 8]);
        using var optimizer = new SgdOptions().Build(method.Optimised(network));
        var notes = new Dictionary<string, Tensor>();
        method.Step(new Lesson
        {
            X = Architectures.Images(N, 8),
            Y = Architectures.Labels(N),
            Draws = new Rng(seed).Draw("method", Ops.arange(N), 0, DType.Float64),
            Network = network,
            Optimizer = optimizer,
            Lr = _ => 0.1,
            Notes = notes,
        });
        return notes;
    }

    private static void Free(params Dictionary<string, Tensor>[] all)
    {
        foreach (var tensor in all.SelectMany(n => n.Values)) tensor.Dispose();
    }
}

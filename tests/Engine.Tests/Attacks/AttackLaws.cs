using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>What holds for every attack of the catalog.</summary>
public sealed class AttackLaws
{
    public static TheoryData<string> All => [.. Scene.Cases];

    /// <summary>Attacks that promise to stay within their radius.</summary>
    public static TheoryData<string> Budgeted => [.. Scene.Cases.Where(c => Scene.Options(c) is BudgetedOptions and not UnprojectedOptions)];

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void Points_stay_in_the_ball(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var (options, outcome) = (Scene.Options(kind), scene.Run(Scene.Options(kind)));
        Assert.True(Size(options, outcome.X - scene.X).max().item<double>() <= Limit(options));
        Assert.False(outcome.Error.any().item<bool>());
    }

    /// <summary>Attacks that can be aimed, under every norm.</summary>
    public static TheoryData<string> Aimed => [.. Scene.Cases.Where(c => Scene.Options(c) is AimedOptions)];

    [Theory]
    [MemberData(nameof(Aimed))]
    public void What_is_aimed_comes_nearer_to_its_class(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var options = (AimedOptions)Scene.Options(kind) with { Target = TargetRule.Given, StopAtSuccess = false };
        var targets = (scene.Y + 2).remainder(Scene.Classes);
        var found = scene.Run(options, targets: targets).X;
        double Lead(Tensor x) => Losses.Margin(scene.Network.Forward(x, Pass.Eval), targets).neg().mean().item<double>();
        Assert.True(Lead(found) > Lead(scene.X), $"{kind}: {Lead(scene.X)} before, {Lead(found)} after");
        // And nearer than an attack that leads away from the true class alone.
        Assert.True(Lead(found) > Lead(scene.Run(options with { Target = TargetRule.None }).X), $"{kind} does not aim");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Points_stay_in_the_box(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var outcome = scene.Run(Scene.Options(kind));
        Assert.True(outcome.X.min().item<double>() >= 0);
        Assert.True(outcome.X.max().item<double>() <= 1);
        Assert.Equal(DType.Float64, outcome.X.dtype);
    }

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void A_radius_of_zero_returns_the_images_bit_for_bit(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        Assert.True(scene.Run(Scene.Options(kind, Budget.Zero)).X.equal(scene.X));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Equal_seeds_give_equal_outcomes(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var (a, b) = (scene.Run(Scene.Options(kind)), scene.Run(Scene.Options(kind)));
        Assert.True(a.X.equal(b.X));
        Assert.True(a.FirstSuccess.equal(b.FirstSuccess));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_sample_fares_the_same_alone_and_in_any_order(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var all = scene.Run(Scene.Options(kind));
        foreach (var order in new long[][] { [5], [7, 6, 5, 4, 3, 2, 1, 0], [2, 5, 1], [5, 5] })
        {
            var rows = Tensor.From(order, order.Length);
            var some = scene.Run(Scene.Options(kind), rows: rows);
            Assert.True((all.X.index_select(0, rows) - some.X).abs().max().item<double>() < 1e-9);
            Assert.True(all.LabelAfter.index_select(0, rows).equal(some.LabelAfter));
            Assert.True(all.Forwards.index_select(0, rows).equal(some.Forwards));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Weights_buffers_and_images_stay_as_they_are(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var before = scene.Network.State.Select(s => s.Slot.Value.clone()).Append(scene.X.clone()).ToArray();
        scene.Run(Scene.Options(kind));
        Assert.All(scene.Network.State.Select(s => s.Slot.Value).Append(scene.X).Zip(before), p => Assert.True(p.First.equal(p.Second)));
        Assert.All(scene.Network.Parameters, p => Assert.Null(p.Slot.Value.grad));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_misclassified_image_comes_back_unchanged_without_a_pass(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var outcome = scene.Run(Scene.Options(kind));
        Assert.True(outcome.X[0].equal(scene.X[0]));
        Assert.True(outcome.Success[0].item<bool>());
        Assert.Equal((0, 0, 0), (outcome.FirstSuccess[0].item<long>(), outcome.Forwards[0].item<long>(), outcome.Backwards[0].item<long>()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_constant_added_to_all_logits_changes_nothing(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var plain = scene.Run(Scene.Options(kind));
        var shifted = scene.Run(Scene.Options(kind), new Victim(x => scene.Network.Forward(x, Pass.Eval) - 50));
        Assert.True(plain.LabelAfter.equal(shifted.LabelAfter));
        Assert.True((plain.X - shifted.X).abs().max().item<double>() < 1e-6);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Success_means_another_label(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var outcome = scene.Run(Scene.Options(kind));
        var labels = scene.Network.Forward(outcome.X, Pass.Eval).argmax(1);
        Assert.True(labels.equal(outcome.LabelAfter));
        Assert.True(labels.ne(scene.Y).equal(outcome.Success));
        Assert.True(outcome.Success.eq(outcome.FirstSuccess.ge(0)).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_network_that_answers_nan_is_an_error_and_not_robust(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        // Answers NaN as soon as an image differs from its clean form, and for image 3 at once.
        Tensor Broken(Tensor x)
        {
            var same = x.unsqueeze(1).sub(scene.X.unsqueeze(0)).abs().amax([2, 3, 4]).eq(0);
            var fine = same.slice(1, 0, 3).any(1).logical_or(same.slice(1, 4).any(1));
            return scene.Network.Forward(x, Pass.Eval) + Ops.where(fine.unsqueeze(1), Ops.zeros([1, 1], DType.Float64), double.NaN);
        }

        var outcome = scene.Run(Scene.Options(kind), new Victim(Broken));
        Assert.True(outcome.Error[3].item<bool>());
        Assert.False(outcome.Success[3].item<bool>());
        Assert.Equal(0, outcome.Forwards[3].item<long>());
        Assert.True(outcome.Error.logical_or(outcome.Success).logical_or(outcome.Linf.eq(0)).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Stopping_at_success_breaks_no_fewer_samples_and_spends_no_more_passes(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var options = Scene.Options(kind);
        var (stop, full) = (scene.Run(options with { StopAtSuccess = true }), scene.Run(options with { StopAtSuccess = false }));
        Assert.True(stop.Success.logical_or(full.Success.logical_not()).all().item<bool>());
        Assert.True(stop.Forwards.le(full.Forwards).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void Training_images_stay_in_ball_and_box_and_are_all_attacked(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var draws = new WebLab.Engine.Random.Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
        var goal = new Untargeted(scene.Y, Losses.CrossEntropy);
        if (kind.StartsWith("fab-t", StringComparison.Ordinal))
        {
            var error = Assert.Throws<ArgumentException>(() => Scene.Options(kind).Build().Craft(new Victim(scene.Network), scene.X, goal, draws));
            Assert.Contains("aims at classes", error.Message, StringComparison.Ordinal);
            return;
        }

        var x = Scene.Options(kind).Build().Craft(new Victim(scene.Network), scene.X, goal, draws).X;
        Assert.True(Size(Scene.Options(kind), x - scene.X).max().item<double>() <= Limit(Scene.Options(kind)));
        Assert.True(x.min().item<double>() >= 0 && x.max().item<double>() <= 1);
        // Image 0 is misclassified already: an evaluation leaves it, training does not (FAB has nothing to move it for).
        if (!kind.StartsWith("fab", StringComparison.Ordinal)) Assert.False(x[0].equal(scene.X[0]));
    }

    [Fact]
    public void The_scene_holds_samples_that_break_and_samples_that_do_not()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        foreach (var norm in new[] { "linf", "l2", "l1" })
        {
            var broken = scene.Run(Scene.Options($"pgd {norm}")).FirstSuccess.gt(0).sum().item<long>();
            Assert.True(broken is >= 1 and <= Scene.N - 2, $"{broken} in {norm}");
        }
    }

    [Fact]
    public void Pixels_outside_the_box_are_refused()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var attack = new FgsmOptions().Build();
        var draws = new WebLab.Engine.Random.Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
        var error = Assert.Throws<ArgumentException>(() => attack.Run(new Victim(scene.Network), scene.X * 2 - 1, scene.Y, draws));
        Assert.Contains("pixels must lie in [0,1]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void An_observer_can_stop_the_attack_between_steps(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        if (kind == "noise") return;
        Assert.Throws<OperationCanceledException>(() => scene.Run(Scene.Options(kind), observer: new Stopper()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Classes_in_another_order_give_the_same_images(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        // Class k becomes class order[k].
        var (order, back) = (Tensor.From<long>([2, 4, 1, 0, 3], 5), Tensor.From<long>([3, 2, 0, 4, 1], 5));
        var plain = scene.Run(Scene.Options(kind));
        var renamed = scene.Run(Scene.Options(kind), new Victim(x => scene.Network.Forward(x, Pass.Eval).index_select(1, back)), labels: order.index_select(0, scene.Y));
        Assert.True((plain.X - renamed.X).abs().max().item<double>() < 1e-9);
        Assert.True(order.index_select(0, plain.LabelAfter).equal(renamed.LabelAfter));
    }

    // Of the others the cross-entropy is not linear in the logits, and C&W weighs them against the distance.
    public static TheoryData<string> Scaleless =>
        [.. Scene.Cases.Where(c => c.Split(' ')[0] is "noise" or "cw-inf" or "apgd-t" or "square" or "deepfool" or "fab" or "fab-t")];

    [Theory]
    [MemberData(nameof(Scaleless))]
    public void Losses_of_margins_do_not_mind_the_scale_of_the_logits(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var plain = scene.Run(Scene.Options(kind));
        var scaled = scene.Run(Scene.Options(kind), new Victim(x => scene.Network.Forward(x, Pass.Eval) * 8));
        Assert.True((plain.X - scaled.X).abs().max().item<double>() < 1e-6);
        Assert.True(plain.Success.equal(scaled.Success));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Another_normalisation_that_the_weights_make_up_for_changes_nothing(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var shape = scene.Network.Shape;
        using var twin = scene.Network.Options.Build(shape with { Std = [.. shape.Std!.Select(s => s * 4)] });
        twin.To(type: DType.Float64);
        var weights = scene.Network.Tensors().ToDictionary(t => t.Key, t => t.Key == "conv1.weight" ? t.Value.detach() * 4 : t.Value.detach());
        twin.Load(weights);
        var (plain, other) = (scene.Run(Scene.Options(kind)), scene.Run(Scene.Options(kind), new Victim(twin)));
        Assert.True((plain.X - other.X).abs().max().item<double>() < 1e-5);
        Assert.True(plain.LabelAfter.equal(other.LabelAfter));
    }

    public static TheoryData<string> Stepped => [.. Scene.Cases.Where(c => Scene.Options(c) is SteppedOptions)];

    [Theory]
    [MemberData(nameof(Stepped))]
    public void Without_steps_or_with_steps_of_no_length_a_search_stays_where_it_starts(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var options = (SteppedOptions)Scene.Options(kind) with { StopAtSuccess = false };
        var (none, still) = (scene.Run(options with { Steps = 0 }), scene.Run(options with { StepSize = Budget.Zero }));
        Assert.True((none.X - still.X).abs().max().item<double>() < 1e-12);
        if (kind is "bim" or "mi-fgsm") Assert.True(none.X.equal(scene.X));
    }

    private static Tensor Size(AttackOptions options, Tensor delta) => Scene.NormOf(options) switch
    {
        Norm.Linf => Projections.LinfNorm(delta),
        Norm.L2 => Projections.L2Norm(delta),
        _ => Projections.L1Norm(delta),
    };

    private static double Limit(AttackOptions options) => (((BudgetedOptions)options).Eps.Value * (1 + 1e-9)) + 1e-9;

    private sealed class Stopper : IStepObserver
    {
        public void OnStep(AttackStep step)
        {
            Assert.Equal(step.Rows.shape[0], step.X.shape[0]);
            throw new OperationCanceledException();
        }
    }
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

/// <summary>AdvProp, its fine-grained form and the mixtures it is compared with, on tinycnn in float64.</summary>
public sealed class AdvPropTests
{
    private static readonly PgdOptions still = new() { Eps = Budget.Zero, StepSize = Budget.Zero, Steps = 1 };
    private static readonly AdvPropOptions options = new();

    private static readonly Pass plain = new() { Train = true, Stats = StatsMode.BatchUpdate };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Passes_one_after_the_other_equal_one_pass_of_all(int banks)
    {
        using var scope = Scope.Enter();
        var own = options with { Banks = Math.Min(banks, 3), MoreViews = [.. new[] { new CutoutOptions { Size = 4 }, new CutoutOptions { Size = 2 } }.Take(Math.Max(0, banks - 3))], BnGradRescale = true };
        Assert.Equal(banks, own.BanksNeeded());
        using var one = new Bench(own);
        using var two = new Bench(own with { Accumulate = true });
        for (var step = 0; step < 2; step++) Assert.Equal(one.Step(step), two.Step(step), 12);
        Assert.All(one.Network.State.Zip(two.Network.State), p => Assert.True(Gap(p.First.Slot.Value, p.Second.Slot.Value) < 1e-9, p.First.Name));
        var (a, b) = (one.Tally.Values(0), two.Tally.Values(0));
        Assert.Equal(a.Keys.Order(), b.Keys.Order());
        Assert.All(a.Keys, name => Assert.Equal(a[name], b[name], 12));
    }

    public static TheoryData<string, bool> Attackers()
    {
        var data = new TheoryData<string, bool>();
        foreach (var kind in new[] { "pgd", "bim", "gd", "fgsm", "r-fgsm", "rs-fgsm", "mi-fgsm", "cw-inf" })
        {
            data.Add(kind, true);
            data.Add(kind, false);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Attackers))]
    public void Every_attacker_stays_within_its_bound_and_the_pixel_range(string kind, bool targeted)
    {
        using var scope = Scope.Enter();
        var fresh = (AttackOptions)Kinds.Attacks.Find(kind)!.Default();
        var (eps, step) = (Budget.Of255(4), Budget.Of255(1));
        var attack = fresh switch
        {
            SteppedOptions stepped => stepped with { Eps = eps, StepSize = step, Steps = 5 },
            BudgetedOptions budgeted => budgeted with { Eps = eps },
            _ => fresh,
        };
        using var bench = new Bench(options with { Attack = attack, Targeted = targeted }) { Watched = true };
        bench.Step(0);
        var (x, adversarial) = (Architectures.Images(Bench.N, 8), Tensor.From(bench.Attacked!, Bench.N, 3, 8, 8));
        var moved = Gap(x, adversarial);
        Assert.InRange(moved, 1e-3, kind == "gd" ? 9.001 / 255 : 4.001 / 255);
        if (kind == "gd") Assert.True(moved > 4.1 / 255);
        Assert.InRange(adversarial.min().item<double>(), 0, 1);
        Assert.InRange(adversarial.max().item<double>(), 0, 1);
        Assert.False(adversarial.requires_grad);
    }

    [Theory]
    [InlineData(AttackBn.Eval)]
    [InlineData(AttackBn.Train)]
    public void An_attack_moves_at_most_the_statistics_of_its_bank(AttackBn bn)
    {
        using var scope = Scope.Enter();
        var own = options with { Banks = 3, AttackBn = bn };
        using var network = Architectures.Fresh("tinycnn", Bench.Classes, method: own);
        var before = Copy(network);
        Lesson(network).Craft(own.Attack.Build(), own.Goal(Lesson(network)), own.AttackPass(1));
        foreach (var (name, slot) in network.State)
        {
            var moves = bn == AttackBn.Train && !slot.Learned && name.Contains(".aux_bn.0.", StringComparison.Ordinal);
            Assert.Equal(moves, !slot.Value.equal(before[name]));
            Assert.Null(slot.Learned ? slot.Value.grad : null);
            if (moves && slot.FixedType is not null) Assert.Equal(5, slot.Value.item<long>());
        }
    }

    [Fact]
    public void A_loss_through_one_bank_has_no_gradient_in_the_others()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { Banks = 3, CleanWeight = 0, ViewWeight = 1, AdversarialWeight = 0 });
        var notes = Told(bench);
        foreach (var (name, _) in bench.Network.Parameters.Where(p => p.Name.StartsWith("bn", StringComparison.Ordinal)))
            Assert.Equal(name.Contains(".aux_bn.0.", StringComparison.Ordinal), notes[$"grad.{name}"].abs().max().item<double>() > 0);
    }

    [Fact]
    public void Without_an_attack_shared_weights_learn_as_in_standard_training_and_banks_at_half_speed()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { Attack = still });
        using var standard = new Bench(new StandardOptions());
        var (a, b) = (Told(bench), Told(standard));
        foreach (var (name, _) in standard.Network.Parameters)
        {
            var bank = name.StartsWith("bn", StringComparison.Ordinal);
            Assert.True(Gap(a[$"grad.{name}"], b[$"grad.{name}"] * (bank ? 0.5 : 1)) < 1e-12, name);
            if (bank) Assert.True(Gap(a[$"grad.{Auxiliary(name)}"], b[$"grad.{name}"] * 0.5) < 1e-12, name);
        }
        foreach (var (name, slot) in standard.Network.State.Where(s => !s.Slot.Learned))
        {
            Assert.True(Gap(bench.Network.Tensors()[name], slot.Value) < 1e-12, name);
            Assert.True(bench.Network.Tensors()[name].equal(bench.Network.Tensors()[Auxiliary(name)]), name);
        }
    }

    [Fact]
    public void With_rescaled_banks_and_no_attack_it_is_standard_training()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { Attack = still, BnGradRescale = true });
        using var standard = new Bench(new StandardOptions());
        for (var step = 0; step < 4; step++) Assert.Equal(standard.Step(step), bench.Step(step), 12);
        foreach (var (name, slot) in standard.Network.State) Assert.True(Gap(bench.Network.Tensors()[name], slot.Value) < 1e-12, name);
    }

    [Fact]
    public void A_joint_mixture_without_an_attack_is_standard_training_but_for_the_unbiased_variance()
    {
        using var scope = Scope.Enter();
        using var mixed = new Bench(new MixedOptions { Attack = still });
        using var standard = new Bench(new StandardOptions());
        var (a, b) = (Told(mixed), Told(standard));
        Assert.All(standard.Network.Parameters, p => Assert.True(Gap(a[$"grad.{p.Name}"], b[$"grad.{p.Name}"]) < 1e-12, p.Name));
        var (left, right) = (mixed.Network.Tensors(), standard.Network.Tensors());
        Assert.True(Gap(left["bn1.running_mean"], right["bn1.running_mean"]) < 1e-12);
        // Running variances start at 1 with momentum 0.1; the first map has 8 x 8 pixels.
        const double n = Bench.N * 64;
        var ratio = (left["bn1.running_var"] - 0.9) / (right["bn1.running_var"] - 0.9);
        Assert.True(Gap(ratio, Ops.full_like(ratio, (2 * n / ((2 * n) - 1)) / (n / (n - 1)))) < 1e-9);
    }

    [Fact]
    public void A_target_is_never_the_label_and_every_other_class_is_one()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn", Bench.Classes, method: options);
        var seen = new HashSet<long>();
        for (var step = 0; step < 20; step++)
        {
            var lesson = Lesson(network, step);
            var target = Assert.IsType<Targeted>(options.Goal(lesson)).Target;
            var offset = (target - lesson.Y).remainder(Bench.Classes).ToArray<long>();
            Assert.DoesNotContain(0L, offset);
            seen.UnionWith(offset);
        }
        Assert.Equal([1, 2, 3, 4], seen.Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_small_step_from_the_image_moves_the_loss_the_right_way(bool targeted)
    {
        using var scope = Scope.Enter();
        var own = options with { Targeted = targeted };
        using var network = Architectures.Fresh("tinycnn", Bench.Classes, method: own);
        var lesson = Lesson(network);
        var goal = own.Goal(lesson);
        var label = goal is Targeted { Target: var t } ? t : lesson.Y;
        var attack = new PgdOptions { Eps = Budget.Parse("0.01/255"), StepSize = Budget.Parse("0.01/255"), Steps = 1, Start = Start.Zero }.Build();
        var (one, two) = (lesson.Craft(attack, goal, own.AttackPass(1)), lesson.Craft(attack, goal, own.AttackPass(1)));
        Assert.True(one.equal(two));
        var change = Ce(one) - Ce(lesson.X);
        Assert.True(targeted ? change < 0 : change > 0);

        double Ce(Tensor x) => Losses.CrossEntropy(network.Forward(x, own.AttackPass(1)), label).mean().item<double>();
    }

    [Fact]
    public void The_direction_of_the_attack_is_not_that_of_training()
    {
        using var one = new Bench(options with { Attack = still, Targeted = true });
        using var two = new Bench(options with { Attack = still, Targeted = false });
        Assert.Equal(one.Step(0), two.Step(0));
    }

    [Fact]
    public void Banks_that_see_the_same_images_stay_equal()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { Banks = 3, View = [], MoreViews = [new NoneOptions()], Attack = still });
        for (var step = 0; step < 3; step++) bench.Step(step);
        var tensors = bench.Network.Tensors();
        foreach (var (name, slot) in bench.Network.State.Where(s => s.Name.StartsWith("bn", StringComparison.Ordinal) && !s.Name.Contains("aux", StringComparison.Ordinal)))
            for (var bank = 1; bank < 4; bank++) Assert.True(Gap(slot.Value, tensors[Auxiliary(name, bank)]) < 1e-12, name);
    }

    [Fact]
    public void A_start_may_be_left_out_by_chance()
    {
        var zero = options.Attack is PgdOptions pgd ? pgd with { Start = Start.Zero } : null;
        Assert.Equal(Crafted(options with { Attack = zero! }, 0), Crafted(options with { StartChance = 0 }, 0));
        Assert.Equal(Crafted(options, 0), Crafted(options with { StartChance = 1 }, 0));
        var half = options with { StartChance = 0.5 };
        var random = Enumerable.Range(0, 12).Count(step => Crafted(half, step)!.SequenceEqual(Crafted(options, step)!));
        Assert.InRange(random, 1, 11);
    }

    [Fact]
    public void First_attacks_may_normalise_by_batch_statistics_that_move_nothing()
    {
        using var scope = Scope.Enter();
        var early = options with { BatchStatsSteps = 1 };
        Assert.NotEqual(Crafted(options, 0), Crafted(early, 0));
        Assert.Equal(Crafted(options, 1), Crafted(early, 1));
        using var bench = new Bench(early);
        bench.Step(0);
        Assert.All(bench.Network.State.Where(s => s.Slot.FixedType is not null), s => Assert.Equal(1, s.Slot.Value.item<long>()));
    }

    [Fact]
    public void Chunks_that_do_not_make_the_batch_are_refused()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn", banks: 2);
        Assert.Contains("3 + 4", Assert.Throws<ArgumentException>(() => network.Forward(Architectures.Images(8, 8), plain with { Route = Route.Chunks(3, 4) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Halves_of_the_loss_are_told_apart()
    {
        using var bench = new Bench(options);
        bench.Step(0);
        var values = bench.Tally.Values(0);
        Assert.Equal(values["train.loss"], 0.5 * (values["train.loss.clean"] + values["train.loss.adv"]), 9);
        using var fine = new Bench(options with { Banks = 3, MoreViews = [new FlipOptions()] });
        fine.Step(0);
        Assert.Equal(["train.loss.adv", "train.loss.aug", "train.loss.aug.1", "train.loss.clean"], fine.Tally.Values(0).Keys.Where(k => k.StartsWith("train.loss.", StringComparison.Ordinal)).Order());
    }

    private static float[]? Crafted(AdvPropOptions own, int step)
    {
        using var bench = new Bench(own) { Watched = true };
        bench.Step(step);
        return bench.Attacked;
    }

    private static Lesson Lesson(Network network, int step = 0) => new()
    {
        X = Architectures.Images(Bench.N, 8), Y = Architectures.Labels(Bench.N, Bench.Classes), Network = network, Lr = _ => 0.1,
        Optimizer = new SgdOptions().Build([]), Draws = new Rng(5).Draw("method", Ops.arange(Bench.N), step, DType.Float64),
    };

    private static Dictionary<string, Tensor> Told(Bench bench)
    {
        var notes = new Dictionary<string, Tensor>();
        bench.Step(0, notes: notes);
        var mine = notes.ToDictionary(n => n.Key, n => n.Value.clone());
        foreach (var note in notes.Values) note.Dispose();
        return mine;
    }

    private static string Auxiliary(string name, int bank = 1) => name.Insert(name.LastIndexOf('.'), $".aux_bn.{bank - 1}");

    private static Dictionary<string, Tensor> Copy(Network network) => network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());

    private static double Gap(Tensor a, Tensor b) => (a - b).abs().to(DType.Float64).max().item<double>();
}

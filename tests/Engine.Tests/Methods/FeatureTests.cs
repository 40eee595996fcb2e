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

/// <summary>ALFA and L-ALFA on tinycnn in float64: perturbations, gradients and running statistics.</summary>
public sealed class FeatureTests
{
    private static readonly AlfaOptions alfa = new() { Locations = ["stage2"], Steps = 3 };
    private static readonly LearnedAlfaOptions learned = new() { Locations = ["stage1", "stage2", "stage3"] };

    public static TheoryData<string> Variants =>
    [
        "alfa", "alfa in one step", "alfa without steps", "alfa at the input", "alfa at three places", "alfa clipped after a random start",
        "alfa with attached prefix", "alfa at the input with attached prefix", "alfa at three places with attached prefix", "alfa of the attacked loss alone",
        "l-alfa", "l-alfa in one step", "l-alfa with attached prefix", "l-alfa at two of three places",
    ];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Cheap_passes_give_the_perturbations_and_gradients_of_the_released_order(string name)
    {
        foreach (var (update, smoothing) in new[] { (BnUpdate.All, 0), (BnUpdate.CleanOnly, 0), (BnUpdate.CleanOnly, 0.1) })
        {
            using var scope = Scope.Enter();
            var options = Variant(name) with { BnUpdate = update };
            using var cheap = new Bench(options with { Passes = FeaturePasses.Cheap }) { LabelSmoothing = smoothing };
            using var faithful = new Bench(options with { Passes = FeaturePasses.Faithful }) { LabelSmoothing = smoothing };
            var (a, b) = (new Notes(cheap), new Notes(faithful));
            Assert.Equal(b.Names, a.Names);
            Assert.All(a.Names.Where(n => n.StartsWith("z_adv.", StringComparison.Ordinal)), n => Assert.True(a[n].equal(b[n]), n));
            Assert.All(a.Names, n => Assert.True(Gap(a[n], b[n]) < 1e-9, n));
            if (update == BnUpdate.CleanOnly)
                Assert.All(cheap.Network.State.Zip(faithful.Network.State), p => Assert.True(Gap(p.First.Slot.Value, p.Second.Slot.Value) < 1e-9, p.First.Name));
        }
    }

    // Spec: K - a prefix passes, a (S + 1) attack and attacked passes, 1 clean, for a norm with a of K places before it.
    public static TheoryData<string, FeaturePasses, BnUpdate, long[]> Counts => new()
    {
        { "alfa", FeaturePasses.Faithful, BnUpdate.All, [2, 2, 5] },
        { "alfa", FeaturePasses.Faithful, BnUpdate.CleanOnly, [1, 1, 1] },
        { "alfa", FeaturePasses.Cheap, BnUpdate.All, [1, 1, 4] },
        { "alfa", FeaturePasses.Cheap, BnUpdate.CleanOnly, [1, 1, 1] },
        { "alfa clipped after a random start", FeaturePasses.Cheap, BnUpdate.All, [1, 1, 5] },
        { "alfa on running statistics", FeaturePasses.Cheap, BnUpdate.All, [1, 1, 2] },
        { "alfa on running statistics", FeaturePasses.Faithful, BnUpdate.All, [2, 2, 2] },
        { "l-alfa", FeaturePasses.Faithful, BnUpdate.All, [4, 6, 8] },
        { "l-alfa", FeaturePasses.Faithful, BnUpdate.CleanOnly, [1, 1, 1] },
        { "l-alfa", FeaturePasses.Cheap, BnUpdate.All, [1, 3, 5] },
        { "l-alfa", FeaturePasses.Cheap, BnUpdate.CleanOnly, [1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void Running_statistics_move_as_often_as_the_passes_say(string name, FeaturePasses passes, BnUpdate update, long[] counts)
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(Variant(name) with { Passes = passes, BnUpdate = update });
        bench.Step(0);
        Assert.Equal(counts, Enumerable.Range(1, 3).Select(k => bench.Network.Tensors()[$"bn{k}.num_batches_tracked"].item<long>()));
    }

    [Fact]
    public void The_attacked_loss_trains_only_what_lies_behind_its_place()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(alfa with { Share = 1 });
        var notes = new Notes(bench);
        foreach (var (name, _) in bench.Network.Parameters)
            Assert.Equal(name.Contains('1') || name.Contains('2'), notes[$"grad.{name}"].abs().max().item<double>() == 0);
    }

    [Theory]
    [InlineData(true, 0.5)]
    [InlineData(false, 1.0)]
    public void Steps_of_no_length_leave_the_map_and_halve_the_prefix_gradient_if_detached(bool detach, double factor)
    {
        using var scope = Scope.Enter();
        using var still = new Bench(alfa with { StepSize = Budget.Zero, DetachPrefix = detach });
        using var standard = new Bench(new StandardOptions());
        var z = still.Network.Upto("stage2")(Architectures.Images(Bench.N, 8), new Pass { Stats = StatsMode.Batch });
        var (a, b) = (new Notes(still), new Notes(standard));
        Assert.True(a["z_adv.0"].equal(z));
        Assert.True(Gap(a["loss"], b["loss"]) < 1e-12);
        foreach (var (name, _) in still.Network.Parameters)
        {
            var prefix = name.Contains('1') || name.Contains('2');
            Assert.True(Gap(a[$"grad.{name}"], b[$"grad.{name}"] * (prefix ? factor : 1)) < 1e-12, name);
        }
    }

    [Fact]
    public void Perturbations_keep_their_bounds()
    {
        using var scope = Scope.Enter();
        var (step, eps) = (Budget.Of255(1), Budget.Parse("1.5/255"));
        using var free = new Bench(alfa with { StepSize = step });
        using var clipped = new Bench(alfa with { StepSize = step, Eps = eps, Clip = true });
        var z = free.Network.Upto("stage2")(Architectures.Images(Bench.N, 8), new Pass { Stats = StatsMode.Batch });
        Assert.Equal(3 * step.Value, Gap(new Notes(free)["z_adv.0"], z), 9);
        Assert.Equal(eps.Value, Gap(new Notes(clipped)["z_adv.0"], z), 9);
    }

    [Fact]
    public void At_the_input_it_is_the_attack_on_pixels()
    {
        using var scope = Scope.Enter();
        using var network = new TinyCnnOptions().Build(new NetShape(3, Bench.Classes));
        network.Initialise(new Rng(1));
        network.To(type: DType.Float64);
        var (x, y) = ((Architectures.Images(Bench.N, 8) * 0.8) + 0.1, Architectures.Labels(Bench.N, Bench.Classes));
        var pgd = new PgdOptions { Eps = Budget.Of255(2), StepSize = Budget.Of255(1), Steps = 3, Start = Start.Zero };
        using var method = new AlfaOptions { Locations = ["input"], Eps = pgd.Eps, StepSize = pgd.StepSize, Steps = 3, Clip = true }.Build(network, x.shape);
        using var optimizer = new SgdOptions().Build(network.Parameters);
        var notes = new Dictionary<string, Tensor>();
        var lesson = new Lesson
        {
            X = x, Y = y, Network = network, Optimizer = optimizer, Lr = _ => 0, Notes = notes,
            Draws = new Rng(5).Draw("method", Ops.arange(Bench.N), 0, DType.Float64),
        };
        var pixels = lesson.Craft(pgd.Build(), new Untargeted(y, Losses.CrossEntropy), new Pass { Stats = StatsMode.Batch });
        method.Step(lesson);
        // The ball cuts at x + eps, the map at z + eps from the other side of a rounding.
        Assert.True(Gap(pixels, notes["z_adv.0"]) < 1e-15);
        foreach (var note in notes.Values) note.Dispose();
    }

    [Fact]
    public void A_weight_has_the_gradient_of_its_perturbation()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(learned with { L1 = 0 });
        var clean = new Pass { Stats = StatsMode.Batch };
        var expected = new List<double>();
        var maps = learned.Locations.Select(at => bench.Network.Upto(at)(Architectures.Images(Bench.N, 8), clean).detach()).ToList();
        using var twin = new Bench(learned with { L1 = 0 });
        var notes = new Notes(bench);
        for (var k = 0; k < maps.Count; k++)
        {
            var delta = notes[$"z_adv.{k}"] - maps[k];
            var moved = (maps[k] + (delta / 3)).requires_grad_();
            var loss = Lesson.CrossEntropy(twin.Network.From(learned.Locations[k])(moved, clean), Architectures.Labels(Bench.N, Bench.Classes));
            expected.Add((Grad.Of(loss, moved) * delta).sum().item<double>() / 6);
        }
        for (var k = 0; k < 3; k++) Assert.Equal(expected[k], notes["grad.w"][k].item<double>(), 9);
    }

    [Fact]
    public void Weights_sum_to_one_and_the_norm_does_not_matter_while_they_are_positive()
    {
        using var scope = Scope.Enter();
        using var with = new Bench(learned);
        using var without = new Bench(learned with { L1 = 0 });
        for (var step = 0; step < 5; step++)
        {
            with.Step(step);
            without.Step(step);
            var (a, b) = (with.Method.State[0].Value, without.Method.State[0].Value);
            Assert.Equal(1, a.sum().item<double>(), 12);
            Assert.True(a.min().item<double>() > 0);
            Assert.True(Gap(a, b) < 1e-12);
        }
        Assert.Equal(["w.stage1", "w.stage2", "w.stage3"], with.Method.Told().Keys);
        Assert.Equal(with.Method.State[0].Value[2].item<double>(), with.Method.Told()["w.stage3"]);
    }

    [Fact]
    public void Weights_have_no_part_in_the_attack()
    {
        using var scope = Scope.Enter();
        using var one = new Bench(learned);
        using var two = new Bench(learned);
        using (NoGrad.Enter()) two.Method.State[0].Value.copy_(Tensor.From([0.7, 0.4, -0.1], 3));
        var (a, b) = (new Notes(one), new Notes(two));
        for (var k = 0; k < 3; k++) Assert.True(a[$"z_adv.{k}"].equal(b[$"z_adv.{k}"]));
        Assert.False(a["loss.adv"].equal(b["loss.adv"]));
    }

    [Fact]
    public void With_one_place_of_weight_one_the_attacked_loss_is_alfas()
    {
        using var scope = Scope.Enter();
        using var general = new Bench(new LearnedAlfaOptions { Locations = ["stage2"], StepSize = alfa.StepSize, Steps = alfa.Steps });
        using var special = new Bench(alfa);
        var (a, b) = (new Notes(general), new Notes(special));
        Assert.True(Gap(a["loss.adv"], b["loss.adv"]) < 1e-12);
        Assert.All(general.Network.Parameters, p => Assert.True(Gap(a[$"grad.{p.Name}"], b[$"grad.{p.Name}"]) < 1e-12, p.Name));
    }

    [Fact]
    public void A_classifier_of_zeros_is_not_attacked()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(learned with { L1 = 0 });
        using (NoGrad.Enter()) bench.Network.Tensors()["fc.weight"].zero_();
        var z = bench.Network.Upto("stage2")(Architectures.Images(Bench.N, 8), new Pass { Stats = StatsMode.Batch });
        var notes = new Notes(bench);
        Assert.True(notes["z_adv.1"].equal(z));
        Assert.Equal(0, notes["grad.w"].abs().max().item<double>());
    }

    [Fact]
    public void The_simplex_projection_is_the_nearest_feasible_point()
    {
        using var scope = Scope.Enter();
        var draws = new Rng(1).Draw("points", Ops.arange(64), 0, DType.Float64);
        var w = draws.Normal("w", 0.5, 9);
        var (simplex, affine) = (LearnedAlfa.Project(WeightProjection.Simplex, w), LearnedAlfa.Project(WeightProjection.AffineL1, w));
        Assert.True(Gap(simplex.sum(1), Ops.ones_like(simplex.sum(1))) < 1e-12);
        Assert.True(simplex.min().item<double>() >= 0);
        for (var k = 0; k < 20; k++)
        {
            var feasible = draws.Normal($"feasible{k}", 2, 9).softmax(1);
            Assert.False((w - feasible).norm(2, [1]).lt((w - simplex).norm(2, [1]) - 1e-12).any().item<bool>());
        }
        var inside = affine.amin([1]).ge(0).unsqueeze(1);
        Assert.True(Gap(Ops.where(inside, affine, simplex), simplex) < 1e-12);
    }

    [Fact]
    public void A_part_of_the_places_shares_the_whole_weight()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(learned with { LocationsPerStep = 1, L1 = 0 });
        var seen = new HashSet<string>();
        for (var step = 0; step < 8; step++)
        {
            var notes = new Notes(bench, step);
            var place = Assert.Single(notes.Names, n => n.StartsWith("loss.adv.", StringComparison.Ordinal))["loss.adv.".Length..];
            seen.Add(place);
            Assert.True(notes["loss.adv"].equal(notes[$"loss.adv.{place}"]));
            Assert.Equal(0.5 * (notes["loss.adv"] + notes["loss.clean"]).item<double>(), notes["loss"].item<double>(), 12);
        }
        Assert.Equal(3, seen.Count);
    }

    [Theory]
    [InlineData(FeaturePasses.Cheap)]
    [InlineData(FeaturePasses.Faithful)]
    public void An_auxiliary_bank_serves_attacked_maps_and_they_alone(FeaturePasses passes)
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(alfa with { AuxBank = true, Passes = passes, Share = 1, BnUpdate = BnUpdate.All });
        var before = bench.Network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        var notes = new Notes(bench);
        // Only bn3 lies behind the place; with a share of 1 the clean loss trains nothing.
        foreach (var (name, slot) in bench.Network.State.Where(s => s.Name.StartsWith("bn", StringComparison.Ordinal)))
        {
            var (attacked, auxiliary) = (name.StartsWith("bn3", StringComparison.Ordinal), name.Contains(".aux_bn.", StringComparison.Ordinal));
            if (slot.Learned) Assert.Equal(attacked && auxiliary, notes[$"grad.{name}"].abs().max().item<double>() > 0);
            else Assert.Equal(attacked || !auxiliary, !slot.Value.equal(before[name]));
        }
    }

    [Fact]
    public void Parts_of_the_loss_and_the_size_of_perturbations_are_told()
    {
        using var bench = new Bench(learned);
        bench.Step(0);
        var values = bench.Tally.Values(0.1);
        Assert.Equal(["lr", "train.accuracy", "train.loss", "train.loss.adv", "train.loss.adv.stage1", "train.loss.adv.stage2", "train.loss.adv.stage3",
            "train.loss.clean", "train.loss.l1", "train.shift.stage1", "train.shift.stage2", "train.shift.stage3"], values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(values["train.loss"], (0.5 * (values["train.loss.adv"] + values["train.loss.clean"])) + values["train.loss.l1"], 9);
        Assert.InRange(values["train.shift.stage2"], 1e-3, 0.1);
    }

    [Fact]
    public void Places_that_do_not_fit_are_refused_by_path()
    {
        Refused(new AlfaOptions { Locations = ["stage1", "layer9"] }, "method.locations[1]", "stage3");
        Refused(new LearnedAlfaOptions { Locations = ["stage3", "stage1"] }, "method.locations[1]", "network order");
        Refused(new LearnedAlfaOptions { Locations = ["stage3", "stage3"] }, "method.locations[1]", "none twice");
        Refused(new LearnedAlfaOptions { LocationsPerStep = 4 }, "method.locationsPerStep", "3");
        var deep = SmallRun.Recipe(new LearnedAlfaOptions { Locations = ["stem", "layer1.3"] });
        Assert.Empty(RecipeJson.Read(RecipeJson.Canonical(deep with { Model = new ResNet56sOptions() })).Errors);
    }

    private static void Refused(MethodOptions method, string path, string word)
    {
        var finding = Assert.Single(RecipeJson.Read(RecipeJson.Canonical(SmallRun.Recipe(method))).Errors);
        Assert.Equal(path, finding.Path);
        Assert.Contains(word, finding.Message, StringComparison.Ordinal);
    }

    private static double Gap(Tensor a, Tensor b) => (a - b).abs().to(DType.Float64).max().item<double>();

    private static FeatureOptions Variant(string name) => name switch
    {
        "alfa" => alfa,
        "alfa in one step" => alfa with { Steps = 1 },
        "alfa without steps" => alfa with { Steps = 0 },
        "alfa at the input" => alfa with { Locations = ["input"] },
        "alfa at three places" => alfa with { Locations = learned.Locations },
        "alfa clipped after a random start" => alfa with { RandomStart = true, Clip = true },
        "alfa with attached prefix" => alfa with { DetachPrefix = false },
        "alfa at the input with attached prefix" => alfa with { Locations = ["input", "stage2"], DetachPrefix = false },
        "alfa at three places with attached prefix" => alfa with { Locations = learned.Locations, DetachPrefix = false },
        "alfa of the attacked loss alone" => alfa with { Share = 1 },
        "alfa on running statistics" => alfa with { BnStats = FeatureStats.Running },
        "l-alfa" => learned with { Steps = 2 },
        "l-alfa in one step" => learned with { Steps = 1 },
        "l-alfa with attached prefix" => learned with { DetachPrefix = false },
        "l-alfa at two of three places" => learned with { LocationsPerStep = 2 },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>What one step told; the tensors belong to the scope around.</summary>
    private sealed class Notes
    {
        private readonly Dictionary<string, Tensor> _all = [];

        public Notes(Bench bench, int step = 0)
        {
            var notes = new Dictionary<string, Tensor>();
            bench.Step(step, notes: notes);
            foreach (var (name, value) in notes)
            {
                _all[name] = value.clone();
                value.Dispose();
            }
        }

        public IEnumerable<string> Names => _all.Keys.Order();

        public Tensor this[string name] => _all[name];
    }
}

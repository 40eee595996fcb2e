using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

/// <summary>Laws over every method of the catalog, on tinycnn in float64.</summary>
public sealed class MethodTests
{
    public static TheoryData<string> All => SmallMethods.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Learns_a_batch_by_heart(string kind)
    {
        using var bench = new Bench(Options(kind));
        var first = bench.Step(0);
        var last = first;
        for (var step = 1; step < 12; step++) last = bench.Step(step);
        Assert.True(last < 0.8 * first, $"loss went from {first} to {last}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void One_step_moves_every_parameter_of_the_optimiser_and_the_main_statistics(string kind)
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(Options(kind));
        var before = bench.Network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        bench.Step(0);
        Assert.All(bench.Moved(), s => Assert.False(s.Slot.Value.equal(before[s.Name]), s.Name));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Equal_chance_gives_equal_steps(string kind)
    {
        using var scope = Scope.Enter();
        using var one = new Bench(Options(kind));
        using var two = new Bench(Options(kind));
        for (var step = 0; step < 2; step++) Assert.Equal(one.Step(step), two.Step(step));
        Assert.All(one.Network.State.Zip(two.Network.State), p => Assert.True(p.First.Slot.Value.equal(p.Second.Slot.Value), p.First.Name));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Steps_leave_no_tensors_behind(string kind)
    {
        using var bench = new Bench(Options(kind));
        bench.Step(0);
        var live = Tensor.Live;
        for (var step = 1; step < 4; step++) bench.Step(step);
        Assert.Equal(live, Tensor.Live);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Without_a_learning_rate_no_weight_moves_and_the_batch_stays_as_it_is(string kind)
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(Options(kind)) { Lr = 0 };
        var before = bench.Network.Parameters.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        for (var step = 0; step < 2; step++) bench.Step(step);
        // Weights that were perturbed and put back may differ by their rounding.
        Assert.All(bench.Network.Parameters, p => Assert.True((p.Slot.Value - before[p.Name]).abs().max().item<double>() < 1e-14, p.Name));
        Assert.True(bench.X.equal(Architectures.Images(Bench.N, 8)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_bank_too_many_is_left_alone(string kind)
    {
        using var scope = Scope.Enter();
        var options = Options(kind);
        using var bench = new Bench(options, spareBanks: 1);
        var spare = $".aux_bn.{options.BanksNeeded() - 1}.";
        var before = bench.Network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        var notes = new Dictionary<string, Tensor>();
        bench.Step(0, notes: notes);
        foreach (var (name, slot) in bench.Network.State.Where(s => s.Name.Contains(spare, StringComparison.Ordinal)))
            if (slot.Learned) Assert.Equal(0, notes[$"grad.{name}"].abs().max().item<double>());
            else Assert.True(slot.Value.equal(before[name]), name);
        foreach (var note in notes.Values) note.Dispose();
    }

    // Updates of the running statistics of each bank by one batch; attacks use running statistics, except that of fast.
    private static readonly Dictionary<string, long[]> passes = new()
    {
        ["standard"] = [1],
        ["pgd-at"] = [1],
        ["trades"] = [2],
        ["mart"] = [2],
        ["fat"] = [1],
        ["lbgat"] = [2],
        ["cas"] = [1],
        ["las-at"] = [1],
        ["awp"] = [1],
        ["again"] = [1],
        ["afa"] = [1, 1],
        ["free"] = [2],
        ["fast"] = [2],
        ["mixed"] = [1],
        ["adversarial-then-clean"] = [1],
        ["advprop"] = [1, 1],
        ["fast-advprop"] = [1, 2],
        ["alfa"] = [1],
        ["l-alfa"] = [1],
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Every_bank_sees_the_passes_of_the_method(string kind)
    {
        using var scope = Scope.Enter();
        var options = Options(kind);
        Assert.Equal(passes[kind], Passes(options));
        if (options is not AdversarialOptions attacking) return;
        // By batch statistics every step moves those of the attacked bank, which is the last.
        long[] expected = [.. passes[kind]];
        expected[^1] += kind == "fast" ? 0 : 3;
        var steps = kind == "fast" ? attacking.Attack : new PgdOptions { Steps = 3 };
        Assert.Equal(expected, Passes(attacking with { Attack = steps, AttackBn = AttackBn.Train }));
    }

    [Fact]
    public void A_clean_pass_for_the_log_moves_running_statistics_and_tells_clean_accuracy()
    {
        Assert.Equal([2], Passes(new PgdAtOptions { CleanLogForward = true }));
        Assert.Equal([5], Passes(new PgdAtOptions { CleanLogForward = true, AttackBn = AttackBn.Train, Attack = new PgdOptions { Steps = 3 } }));
        using var bench = new Bench(new PgdAtOptions { CleanLogForward = true });
        bench.Step(0);
        Assert.Equal(Bench.N, bench.Tally.CleanSeen);
    }

    private static long[] Passes(MethodOptions options)
    {
        using var bench = new Bench(options);
        bench.Step(0);
        long[] Seen(int k) => [.. bench.Network.State.Where(s => s.Slot.FixedType is not null && s.Name.StartsWith($"bn{k}.", StringComparison.Ordinal)).Select(s => s.Slot.Value.item<long>())];
        Assert.Equal(Seen(1), Seen(3));
        return Seen(1);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Soft_labels_reach_the_losses_that_take_them_and_no_attack(string kind)
    {
        var options = Options(kind);
        using var plain = new Bench(options) { Watched = true };
        using var smoothed = new Bench(options) { LabelSmoothing = 0.1, Watched = true };
        using var mixed = new Bench(options) { Share = 0.7, Watched = true };
        var loss = plain.Step(0);
        Assert.Equal(options.TakesLabels() >= Softness.Smoothed, loss != smoothed.Step(0));
        if (options.TakesLabels() == Softness.Mixed) Assert.NotEqual(loss, mixed.Step(0));
        // Fast AdvProp attacks by the gradient of its training loss, whatever that is.
        if (kind != "fast-advprop") Assert.Equal(plain.Attacked, smoothed.Attacked);
        if (options.TakesLabels() == Softness.Mixed) Assert.Equal(plain.Attacked, mixed.Attacked);
    }

    // specs: reductions between methods; "equal" means loss and weights after one step from the same images.
    public static TheoryData<string> Reductions => ["pgd-at with eps 0", "trades with beta 0", "free once with eps 0", "fast with eps 0", "awp with gamma 0"];

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Reduces_to_standard_training(string name)
    {
        using var scope = Scope.Enter();
        var still = new PgdOptions { Eps = Budget.Zero, StepSize = Budget.Zero, Steps = 2 };
        using var reduced = new Bench(name switch
        {
            "pgd-at with eps 0" => new PgdAtOptions { Attack = still },
            "trades with beta 0" => new TradesOptions { Attack = still, Beta = 0 },
            "free once with eps 0" => new FreeOptions { Eps = Budget.Zero, Replays = 1 },
            "fast with eps 0" => new FastOptions { Attack = new RandomStartFgsmOptions { Eps = Budget.Zero, StepSize = Budget.Zero }, AttackBn = AttackBn.Eval },
            _ => new AwpOptions { Attack = still, Gamma = 0 },
        });
        using var standard = new Bench(new StandardOptions());
        Assert.Equal(standard.Step(0), reduced.Step(0), 12);
        foreach (var ((parameter, a), (_, b)) in standard.Network.Parameters.Zip(reduced.Network.Parameters))
            Assert.True((a.Value - b.Value).abs().max().item<double>() < 1e-9, parameter);
    }

    [Fact]
    public void A_stage_that_is_not_there_is_named()
    {
        using var network = Architectures.Fresh("tinycnn", Bench.Classes);
        var error = Assert.Throws<ArgumentException>(() => new AlfaOptions { Locations = ["layer9"] }.Build(network, [Bench.N, 3, 8, 8]));
        Assert.Contains("layer9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_before_the_weights_move()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(new StandardOptions());
        using (NoGrad.Enter()) bench.Network.Parameters.Last().Slot.Value.fill_(double.NaN);
        var before = bench.Network.Parameters.First().Slot.Value.detach().clone();
        var failure = Assert.Throws<WebLab.Engine.Jobs.JobFailure>(() => bench.Step(0));
        Assert.Equal(WebLab.Engine.Jobs.FailureCode.NanLoss, failure.Code);
        Assert.True(bench.Network.Parameters.First().Slot.Value.equal(before));
    }

    private static MethodOptions Options(string kind) => SmallMethods.Options(kind);
}

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

/// <summary>The two stages of AFA, on tinycnn in float64.</summary>
public sealed class AfaTests : IDisposable
{
    private const int N = 8;

    private static readonly AfaOptions options = new() { Attack = new PgdOptions { Steps = 3 }, GeneratorEpochs = 2 };

    private readonly Network _network = Architectures.Fresh("tinycnn", method: options);
    private readonly Method _method;
    private readonly Optimizer _optimizer;

    public AfaTests()
    {
        _method = options.Build(_network, [N, 3, 8, 8]);
        _optimizer = new SgdOptions { WeightDecay = 0.01 }.Build(_method.Optimised(_network));
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _method.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void The_first_stage_moves_everything_but_the_generators()
    {
        using var scope = Scope.Enter();
        var before = Copy();
        Step(epoch: 8);
        Assert.All(_network.State, s => Assert.Equal(IsGenerator(s.Name), s.Slot.Value.equal(before[s.Name])));
        Assert.All(_network.State.Where(s => s.Slot.FixedType is not null), s => Assert.Equal(1, s.Slot.Value.item<long>()));
    }

    [Fact]
    public void The_second_stage_moves_nothing_but_the_generators()
    {
        using var scope = Scope.Enter();
        Step(epoch: 8);
        Step(epoch: 9);
        var before = Copy();
        Step(epoch: 10);
        Assert.All(_network.State, s => Assert.Equal(!IsGenerator(s.Name), s.Slot.Value.equal(before[s.Name])));
    }

    [Fact]
    public void Every_image_is_attacked_within_a_radius_of_its_own()
    {
        using var scope = Scope.Enter();
        var notes = new Dictionary<string, Tensor>();
        Step(epoch: 10, notes);
        var moved = (notes["x_adv"] - Architectures.Images(N, 8)).abs().amax([1, 2, 3]);
        var radii = Chance().Uniform("eps", 0, 8 / 255.0);
        Assert.True((moved - radii).max().item<double>() <= 1e-12);
        // Steps are 2.5 radii long in all: nearly every image reaches its own border.
        Assert.True((moved / radii).min().item<double>() > 0.5);
        foreach (var note in notes.Values) note.Dispose();
    }

    [Fact]
    public void Generators_learn()
    {
        using var scope = Scope.Enter();
        Step(epoch: 1);
        var (first, last) = (Step(epoch: 10), 0.0);
        for (var k = 0; k < 10; k++) last = Step(epoch: 10);
        Assert.True(last < first, $"loss went from {first} to {last}");
    }

    [Fact]
    public void A_run_without_epochs_for_the_banks_is_refused_by_path()
    {
        var recipe = SmallRun.Recipe(new AfaOptions { GeneratorEpochs = 2 });
        var finding = Assert.Single(RecipeJson.Read(RecipeJson.Canonical(recipe)).Errors);
        Assert.Equal("method.generatorEpochs", finding.Path);
        Assert.Empty(RecipeJson.Read(RecipeJson.Canonical(recipe with { Method = new AfaOptions { GeneratorEpochs = 1 } })).Errors);
    }

    [Fact]
    public void Maps_of_one_pixel_are_refused_before_training()
    {
        using var network = Architectures.Fresh("resnet18", method: options);
        Assert.Contains("one pixel", Assert.Throws<ArgumentException>(() => options.Build(network, [N, 3, 8, 8])).Message, StringComparison.Ordinal);
    }

    private static bool IsGenerator(string name) => name.Contains(".gen.", StringComparison.Ordinal);

    private static Draws Chance() => new Rng(5).Draw("method", Ops.arange(N), 0, DType.Float64);

    private Dictionary<string, Tensor> Copy() => _network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());

    // A run of ten epochs; the last two are the second stage.
    private double Step(int epoch, Dictionary<string, Tensor>? notes = null)
    {
        using var scope = Scope.Enter();
        var lesson = new Lesson
        {
            X = Architectures.Images(N, 8),
            Y = Architectures.Labels(N),
            Draws = Chance(),
            Network = _network,
            Optimizer = _optimizer,
            Lr = _ => 0.05,
            Epoch = epoch,
            Epochs = 10,
            Notes = notes,
        };
        _method.Step(lesson);
        return lesson.Tally.Loss / lesson.Tally.Images;
    }
}

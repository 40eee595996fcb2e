using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Tests.Methods;

/// <summary>What a method says it takes is what its steps take.</summary>
public sealed class EffortTests
{
    // These stop early or draw their number of steps: what they say is a bound.
    private static readonly string[] Bounded = ["fat", "las-at"];

    public static TheoryData<string> All => SmallMethods.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Steps_take_the_passes_that_the_method_states(string kind)
    {
        var options = SmallMethods.Options(kind);
        var said = options.Effort(new TinyCnnOptions());
        var (looked, differentiated) = Count(options);
        if (Bounded.Contains(kind))
        {
            var most = options is LasAtOptions las ? (las with { StepsFrom = las.StepsTo }).Effort(new TinyCnnOptions()) : said;
            Assert.InRange(looked + differentiated, 1, most.Forward + 1e-9);
            return;
        }
        Assert.Equal(said.Look, looked, 9);
        Assert.Equal(said.Backward, differentiated, 9);
    }

    [Theory]
    [InlineData(FeaturePasses.Faithful, false)]
    [InlineData(FeaturePasses.Cheap, true)]
    public void Feature_attacks_take_what_their_order_takes(FeaturePasses passes, bool randomStart)
    {
        var options = new LearnedAlfaOptions { Locations = ["stage1", "stage3"], Passes = passes, RandomStart = randomStart };
        var (looked, differentiated) = Count(options);
        Assert.Equal(options.Effort(new TinyCnnOptions()).Look, looked, 9);
        Assert.Equal(options.Effort(new TinyCnnOptions()).Backward, differentiated, 9);
    }

    public static TheoryData<string> Options => ["again with clean maps", "again of trades with clean maps", "pgd-at with a clean pass", "alfa with an auxiliary bank"];

    [Theory]
    [MemberData(nameof(Options))]
    public void Options_that_take_passes_state_them(string name)
    {
        MethodOptions options = name switch
        {
            "again with clean maps" => new AgainOptions { FusedWith = FusionPartner.Clean },
            "again of trades with clean maps" => new AgainOptions { FusedWith = FusionPartner.Clean, Loss = InnerLoss.Trades },
            "pgd-at with a clean pass" => new PgdAtOptions { CleanLogForward = true },
            _ => new AlfaOptions { Locations = ["stage1"], AuxBank = true },
        };
        var (said, (looked, differentiated)) = (options.Effort(new TinyCnnOptions()), Count(options));
        Assert.Equal(said.Look, looked, 9);
        Assert.Equal(said.Backward, differentiated, 9);
    }

    [Fact]
    public void Costs_are_those_of_the_papers()
    {
        var pgd = new PgdAtOptions { Attack = new PgdOptions { Steps = 10 } };
        Assert.Equal(new Effort(Climb: 10, Learn: 1), pgd.Effort(new ResNet18Options()));
        Assert.Equal(2 + (5 * 2.0 / 3), new AdvPropOptions().Effort(new ResNet18Options()).Cost, 9);
        Assert.Equal(1, new StandardOptions().Effort(new ResNet18Options()).Cost, 9);
    }

    // Forward passes without and with a graph for one image, the mean of two steps; only tinycnn's three middle stages count.
    private static (double Looked, double Differentiated) Count(MethodOptions options)
    {
        var (looked, differentiated) = (0.0, 0.0);
        using var bench = new Bench(options, watch: stage => stage with
        {
            Forward = (x, pass) =>
            {
                var y = stage.Forward(x, pass);
                var share = stage.Name.StartsWith("stage", StringComparison.Ordinal) ? x.shape[0] / 3.0 / Bench.N / 2 : 0;
                if (y.requires_grad) differentiated += share;
                else looked += share;
                return y;
            },
        });
        (looked, differentiated) = (0, 0);
        bench.Step(0);
        // The second half of the epochs, for methods that change their ways there; AFA speaks of its first ones.
        bench.Step(1, epoch: options is AfaOptions ? 1 : 100);
        return (looked, differentiated);
    }
}

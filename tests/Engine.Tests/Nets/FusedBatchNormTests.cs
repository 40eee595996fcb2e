using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

/// <summary>Two banks of batch norm, fused by predicted weights, in float64.</summary>
public sealed class FusedBatchNormTests : IDisposable
{
    private const int N = 6;

    private readonly Network _network = Architectures.Fresh("tinycnn", method: new AfaOptions());

    public FusedBatchNormTests()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var draws = new Rng(8).Draw("weights", 0, DType.Float64);
        foreach (var (name, slot) in _network.State.Where(s => s.Slot.FixedType is null && s.Name.Contains("bn", StringComparison.Ordinal)))
            slot.Value.copy_(draws.Uniform(name, 0.2, 1.5, [.. slot.Shape]).squeeze(0));
    }

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_blend_of_all_or_nothing_is_the_bank_itself()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var x = Architectures.Images(N, 8);
        foreach (var bank in new[] { 0, 1 })
            Assert.True(Logits(x, Route.Blend(bank)).equal(Logits(x, Route.One(bank))));
        Assert.False(Logits(x, Route.One(0)).equal(Logits(x, Route.One(1))));
        Assert.Throws<ArgumentOutOfRangeException>(() => Route.Blend(1.5));
    }

    [Fact]
    public void Inference_fuses_and_the_weights_lie_between_the_banks()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var (x, asides) = (Architectures.Images(N, 8), new Asides());
        Assert.True(Logits(x, Route.Own).equal(_network.Forward(x, new Pass { Route = Route.Fused, Asides = asides })));
        Assert.Equal(["lambda.bn1", "lambda.bn2", "lambda.bn3"], asides.All.Select(a => a.Name));
        Assert.All(asides.All, a =>
        {
            Assert.Equal([N], a.Value.shape);
            Assert.InRange(a.Value.min().item<double>(), 1e-12, 1 - 1e-12);
            Assert.InRange(a.Value.max().item<double>(), 1e-12, 1 - 1e-12);
        });
    }

    [Fact]
    public void Weights_start_at_one_half()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var fresh = Architectures.Fresh("tinycnn", method: new AfaOptions());
        var (x, asides) = (Architectures.Images(N, 8), new Asides());
        var logits = fresh.Forward(x, Pass.Eval with { Asides = asides });
        Assert.All(asides.All, a => Assert.True(a.Value.eq(0.5).all().item<bool>()));
        Assert.True((logits - fresh.Forward(x, Pass.Eval with { Route = Route.Blend(0.5) })).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Fused_batch_norm_is_one_affine_map_per_sample()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var norm = (BatchNorm2d)_network.Root.Descendants().Single(m => m.Name == "bn1" && m.Module is BatchNorm2d).Module;
        var at = norm.State().ToDictionary(s => s.Name, s => s.Slot.Value.reshape(1, -1, 1, 1));
        var (u, asides) = (Architectures.Images(N, 8).repeat(1, 3, 1, 1).narrow(1, 0, 8), new Asides());
        var fused = norm.Forward(u, new Pass { Route = Route.Fused, Asides = asides });
        var w = asides.All[0].Value.reshape(-1, 1, 1, 1);
        var (standard, adversarial) = (at["weight"] / (at["running_var"] + 1e-5).sqrt(), at["aux_bn.0.weight"] / (at["aux_bn.0.running_var"] + 1e-5).sqrt());
        var scale = (standard * (1 - w)) + (adversarial * w);
        var shift = ((at["bias"] - (at["running_mean"] * standard)) * (1 - w)) + ((at["aux_bn.0.bias"] - (at["aux_bn.0.running_mean"] * adversarial)) * w);
        Assert.True((fused - (u * scale) - shift).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Equal_banks_make_the_weights_irrelevant()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var values = _network.Tensors();
        foreach (var (name, value) in values.Where(v => v.Key.Contains(".aux_bn.0.", StringComparison.Ordinal)))
            value.copy_(values[name.Replace(".aux_bn.0.", ".", StringComparison.Ordinal)]);
        var x = Architectures.Images(N, 8);
        foreach (var route in new[] { Route.Own, Route.Blend(0.3), Route.One(1) })
            Assert.True((Logits(x, route) - Logits(x, Route.One(0))).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Every_architecture_can_be_fused()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        foreach (var row in Architectures.All)
        {
            using var network = Architectures.Fresh(row.Data, method: new AfaOptions());
            var (x, asides) = (Architectures.Images(2, 64), new Asides());
            Assert.Equal([2, 5], network.Forward(x, Pass.Eval with { Asides = asides }).shape);
            Assert.Equal(network.Root.Descendants().Count(m => m.Module is BatchNorm2d), asides.All.Count);
        }
    }

    private Tensor Logits(Tensor x, Route route) => _network.Forward(x, new Pass { Route = route });
}

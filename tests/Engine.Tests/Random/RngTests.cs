using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Random;

public class RngTests
{
    [Theory]
    // Known answers of Random123 (kat_vectors, philox4x32 10).
    [InlineData(0u, 0u, 0u, 0u, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0ul, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0x299f31d0a4093822ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_known_answers(uint c0, uint c1, uint c2, uint c3, ulong key, uint a, uint b, uint c, uint d) =>
        Assert.Equal((a, b, c, d), Philox.Block(c0, c1, c2, c3, key));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 30)]
    [InlineData(-1, 64)]
    [InlineData(123456789012345, 5)]
    public void Operators_and_plain_code_give_the_same_bits(long step, long count)
    {
        using var scope = Scope.Enter();
        var samples = Tensor.From(new long[] { 0, 1, 49_999, 4_294_967_295 });
        var plain = Philox.OnCpu(0xDEADBEEF12345678, samples, step, count);
        var byOperators = Philox.ByOperators(0xDEADBEEF12345678, samples, step, count);
        Assert.Equal([4, count], plain.shape);
        Assert.True(plain.equal(byOperators));
        var fractions = Philox.Fractions(0xDEADBEEF12345678, samples, step, count, 16f / 255, -8f / 255);
        Assert.True(fractions.equal(Philox.FractionsByOperators(0xDEADBEEF12345678, samples, step, count, 16f / 255, -8f / 255)));
    }

    [Fact]
    public void A_sample_draws_the_same_in_any_batch()
    {
        using var scope = Scope.Enter();
        var rng = new Rng(3);
        var all = Everything(rng.Draw("attack", Ops.arange(16), 9));
        var rows = Tensor.From(new long[] { 11, 2, 5 });
        var some = Everything(rng.Draw("attack", rows, 9));
        var picked = Everything(rng.Draw("attack", Ops.arange(16), 9).Select(rows));
        for (var k = 0; k < all.Length; k++)
        {
            Assert.True(all[k].index_select(0, rows).equal(some[k]));
            Assert.True(some[k].equal(picked[k]));
        }
    }

    [Fact]
    public void Seed_stream_name_scope_and_step_each_change_the_draw()
    {
        using var scope = Scope.Enter();
        var samples = Ops.arange(4);
        var draws = new[]
        {
            new Rng(0).Draw("a", samples, 0), new Rng(1).Draw("a", samples, 0), new Rng(0).Draw("b", samples, 0),
            new Rng(0).Draw("a", samples, 1), new Rng(0).Draw("a", samples, 0).In("x"),
        };
        var numbers = draws.Select(d => d.Uniform("n", 0, 1, 8).ToArray<float>()).Append(draws[0].Uniform("m", 0, 1, 8).ToArray<float>());
        Assert.Equal(6, numbers.Select(n => n[0]).Distinct().Count());
        Assert.True(draws[0].Uniform("n", 0, 1, 8).equal(new Rng(0).Draw("a", samples, 0).Uniform("n", 0, 1, 8)));
    }

    [Fact]
    public void Distributions_have_their_moments_and_ranges()
    {
        using var scope = Scope.Enter();
        var draws = new Rng(1).Draw("test", Ops.arange(100), 0);
        var uniform = draws.Uniform("u", -2, 6, 1000);
        Assert.InRange(uniform.mean().item<double>(), 1.95, 2.05);
        Assert.InRange(uniform.std().item<double>(), 8 / Math.Sqrt(12) - 0.02, 8 / Math.Sqrt(12) + 0.02);
        Assert.True(uniform.min().item<double>() >= -2 && uniform.max().item<double>() < 6);

        var normal = draws.Normal("n", 3, 999);
        Assert.Equal([100, 999], normal.shape);
        Assert.InRange(normal.mean().item<double>(), -0.05, 0.05);
        Assert.InRange(normal.std().item<double>(), 2.97, 3.03);
        Assert.InRange(normal.div(3).pow(4).mean().item<double>(), 2.85, 3.15);

        var signs = draws.Rademacher("r", 10, 100);
        Assert.Equal([100, 10, 100], signs.shape);
        Assert.True(signs.abs().eq(1).all().item<bool>());
        Assert.InRange(signs.mean().item<double>(), -0.02, 0.02);

        var dice = draws.Integers("i", 1, 7, 1000);
        Assert.Equal(DType.Int64, dice.dtype);
        Assert.All(dice.reshape(-1).bincount().ToArray<long>().Skip(1), count => Assert.InRange(count, 16_100, 17_200));

        Assert.InRange(draws.Bernoulli("b", 0.3, 1000).to(DType.Float64).mean().item<double>(), 0.29, 0.31);
        Assert.False(draws.Bernoulli("b", 0, 1000).any().item<bool>());
        Assert.True(draws.Bernoulli("b", 1, 1000).all().item<bool>());
    }

    [Fact]
    public void The_numbers_are_the_same_in_either_float_type()
    {
        using var scope = Scope.Enter();
        var single = new Rng(1).Draw("t", Ops.arange(5), 0).Uniform("u", 0, 1, 20);
        var twice = new Rng(1).Draw("t", Ops.arange(5), 0, DType.Float64).Uniform("u", 0, 1, 20);
        Assert.Equal(DType.Float64, twice.dtype);
        Assert.True(single.to(DType.Float64).equal(twice));
    }

    [Fact]
    public void A_permutation_holds_each_row_once_and_changes_with_the_step()
    {
        using var scope = Scope.Enter();
        var first = new Rng(5).Permutation("order", 1000, 1).ToArray<long>();
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), first.Order());
        Assert.NotEqual(first, new Rng(5).Permutation("order", 1000, 2).ToArray<long>());
        Assert.Equal(first, new Rng(5).Permutation("order", 1000, 1).ToArray<long>());
    }

    [Fact]
    public void A_shared_draw_does_not_depend_on_the_batch()
    {
        using var scope = Scope.Enter();
        var one = new Rng(5).Draw("m", Ops.arange(3), 4).Shared().Uniform("gamma", 0, 1, 4);
        var other = new Rng(5).Draw("m", Ops.arange(9), 4).Shared().Uniform("gamma", 0, 1, 4);
        Assert.Equal([1, 4], one.shape);
        Assert.True(one.equal(other));
    }

    [Fact]
    public void A_recording_answers_by_name_in_its_final_form()
    {
        using var scope = Scope.Enter();
        var recording = new Dictionary<string, Tensor>
        {
            ["start"] = Ops.arange(6).to(DType.Float64).reshape(3, 2), ["awp.perm.0"] = Tensor.From(new long[] { 2, 0, 1 }),
            ["gamma"] = Ops.ones([4]),
        };
        var draws = new RecordedDraws(recording, Ops.arange(3), DType.Float32);
        Assert.Equal([0, 1, 2, 3, 4, 5], draws.In("attack").Uniform("start", -1, 1, 2).ToArray<float>());
        Assert.Equal([2, 0, 1], draws.In("method").In("awp").Permutation("perm.0").ToArray<long>());
        Assert.Equal([1, 4], draws.Shared().Uniform("gamma", 0, 1, 4).shape);
        Assert.Equal([4, 5], draws.Select(Tensor.From(new long[] { 2 }, 1)).Composed("start", d => d.Normal("n", 1, 2)).ToArray<float>());
        Assert.Contains("start", Assert.Throws<KeyNotFoundException>(() => draws.Normal("noise", 1, 2)).Message);
        Assert.Contains("want [3, 5]", Assert.Throws<InvalidDataException>(() => draws.Normal("start", 1, 5)).Message);
    }

    private static Tensor[] Everything(Draws draws) =>
    [
        draws.Uniform("u", -1, 1, 3, 5), draws.Normal("n", 1, 7), draws.Rademacher("r", 3), draws.Integers("i", 0, 9, 2), draws.Bernoulli("b", 0.5, 6),
        draws.Composed("c", d => d.Normal("n", 1, 4) * d.Uniform("r", 0, 1, 1)),
    ];
}

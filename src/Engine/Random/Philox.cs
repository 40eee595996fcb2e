using WebLab.Engine.Torch;

namespace WebLab.Engine.Random;

/// <summary>
/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a bijection of 128-bit counters
/// under a 64-bit key. A word is named by (key, sample, step, place), so it does not depend on what else is drawn.
/// Counter: word 0 place / 4, word 1 sample, words 2 and 3 step. <see cref="Words"/> has two ways to the same bits:
/// plain C# on the CPU, int64 tensor operators elsewhere.
/// </summary>
internal static class Philox
{
    private const ulong M0 = 0xD2511F53;
    private const ulong M1 = 0xCD9E8D57;
    private const uint W0 = 0x9E3779B9;
    private const uint W1 = 0xBB67AE85;
    private const long Mask = 0xFFFFFFFF;
    private const int Rounds = 10;
    private const float Unit = 1f / (1 << 24);

    /// <summary>One block of four words.</summary>
    public static (uint, uint, uint, uint) Block(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        var k0 = (uint)key;
        var k1 = (uint)(key >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = M0 * c0;
            var p1 = M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>N x count int64 words in [0, 2^32), on the samples' device.</summary>
    /// <param name="key">Names the stream.</param>
    /// <param name="samples">N int64 in [0, 2^32).</param>
    /// <param name="step">Any.</param>
    /// <param name="count">Words per sample, up to 2^34.</param>
    public static Tensor Words(ulong key, Tensor samples, long step, long count) =>
        samples.device == Device.Cpu ? OnCpu(key, samples, step, count) : ByOperators(key, samples, step, count);

    /// <summary>N x count float32 in [shift, shift + scale): the upper 24 bits of each word as a fraction, times scale, plus shift.</summary>
    public static Tensor Fractions(ulong key, Tensor samples, long step, long count, float scale = 1, float shift = 0) =>
        samples.device == Device.Cpu
            ? FractionsOnCpu(key, samples, step, count, scale, shift)
            : FractionsByOperators(key, samples, step, count, scale, shift);

    public static Tensor FractionsByOperators(ulong key, Tensor samples, long step, long count, float scale, float shift) =>
        ByOperators(key, samples, step, count).bitwise_right_shift_(8).to(DType.Float32).mul_(Unit).mul_(scale).add_(shift);

    public static Tensor OnCpu(ulong key, Tensor samples, long step, long count)
    {
        var blocks = (count + 3) / 4;
        var words = Ops.empty([samples.numel(), blocks * 4], DType.Int64);
        var to = words.InPlace<long>();
        foreach (var sample in samples.ToArray<long>())
        {
            for (var block = 0L; block < blocks; block++, to = to[4..])
            {
                var (a, b, c, d) = Block((uint)block, (uint)sample, (uint)step, (uint)(step >> 32), key);
                to[0] = a;
                to[1] = b;
                to[2] = c;
                to[3] = d;
            }
        }
        GC.KeepAlive(words);
        return words.narrow(1, 0, count);
    }

    public static Tensor ByOperators(ulong key, Tensor samples, long step, long count)
    {
        using var scope = Scope.Enter();
        using var nograd = NoGrad.Enter();
        var n = samples.numel();
        var blocks = (count + 3) / 4;
        long[] grid = [n, blocks];
        var c0 = Ops.arange(blocks, DType.Int64, samples.device).unsqueeze(0).expand(grid);
        var c1 = samples.bitwise_and(Mask).unsqueeze(1).expand(grid);
        var c2 = Ops.full([1, 1], step & Mask, DType.Int64, samples.device);
        var c3 = Ops.full([1, 1], (step >> 32) & Mask, DType.Int64, samples.device);
        var k0 = (uint)key;
        var k1 = (uint)(key >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            using var inner = Scope.Enter();
            // Products of two 32-bit words wrap to the right 64 bits; the arithmetic shift's sign bits are masked off.
            var p0 = c0 * (long)M0;
            var p1 = c2 * (long)M1;
            var high0 = p0.bitwise_right_shift(32).bitwise_and_(Mask);
            var high1 = p1.bitwise_right_shift(32).bitwise_and_(Mask);
            (c0, c1, c2, c3) = (
                inner.Keep(high1.bitwise_xor(c1).bitwise_xor_((long)k0)), inner.Keep(p1.bitwise_and(Mask)),
                inner.Keep(high0.bitwise_xor(c3).bitwise_xor_((long)k1)), inner.Keep(p0.bitwise_and(Mask)));
            k0 += W0;
            k1 += W1;
        }
        var all = Ops.stack([c0.expand(grid), c1.expand(grid), c2.expand(grid), c3.expand(grid)], 2);
        return scope.Keep(all.reshape(n, blocks * 4).narrow(1, 0, count));
    }

    private static Tensor FractionsOnCpu(ulong key, Tensor samples, long step, long count, float scale, float shift)
    {
        var blocks = (count + 3) / 4;
        var fractions = Ops.empty([samples.numel(), blocks * 4]);
        var to = fractions.InPlace<float>();
        foreach (var sample in samples.ToArray<long>())
        {
            for (var block = 0L; block < blocks; block++, to = to[4..])
            {
                var (a, b, c, d) = Block((uint)block, (uint)sample, (uint)step, (uint)(step >> 32), key);
                to[0] = (a >> 8) * Unit * scale + shift;
                to[1] = (b >> 8) * Unit * scale + shift;
                to[2] = (c >> 8) * Unit * scale + shift;
                to[3] = (d >> 8) * Unit * scale + shift;
            }
        }
        GC.KeepAlive(fractions);
        return fractions.narrow(1, 0, count);
    }
}

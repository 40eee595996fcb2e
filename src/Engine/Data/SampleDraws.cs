namespace WebLab.Engine.Data;

/// <summary>
/// Plain numbers for drawing one sample, keyed by (seed, stream, index): SplitMix64 (Steele et al. 2014), the same on every machine.
/// Tensors draw from the run's own generator instead.
/// </summary>
internal struct SampleDraws(ulong seed, ulong stream, ulong index)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(Mix(Mix(seed + Golden) + stream * Golden) + index * Golden);

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1).</summary>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [low, high).</summary>
    public float Between(float low, float high) => low + (high - low) * Uniform();

    /// <summary>Uniform in 0..count-1.</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>Mean 0, deviation 1, close to normal: the sum of four uniform 16-bit numbers (range +-3.46).</summary>
    public float Normal()
    {
        var bits = Next();
        var sum = (int)(bits & 0xFFFF) + (int)((bits >> 16) & 0xFFFF) + (int)((bits >> 32) & 0xFFFF) + (int)(bits >> 48);
        return (sum - 131070) * (1.7320508f / 65536);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

namespace WebLab.Engine.Random;

/// <summary>
/// The random numbers of one sample, one after the other and without a tensor: the words of Philox under the key of a name. Equal seeds,
/// names, samples and steps give equal numbers, whatever else is drawn.
/// </summary>
public sealed class Chance
{
    private const double Unit = 1.0 / (1UL << 53);

    private readonly ulong _key;
    private readonly uint _sample;
    private readonly ulong _step;
    private readonly uint[] _words = new uint[4];
    private uint _block;
    private int _used = 4;
    private double? _spare;

    internal Chance(ulong key, long sample, long step) => (_key, _sample, _step) = (key, (uint)sample, (ulong)step);

    /// <summary>In [0,1), 53 bits.</summary>
    public double Uniform() => (((ulong)Word() << 21) | (Word() >> 11)) * Unit;

    public double Uniform(double low, double high) => low + (high - low) * Uniform();

    /// <summary>A whole number in [low, high).</summary>
    public int Integer(int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(low, high);
        return low + (int)((ulong)Word() * (ulong)((long)high - low) >> 32);
    }

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller 1958).</summary>
    public double Normal()
    {
        if (_spare is { } kept)
        {
            _spare = null;
            return kept;
        }

        // 1 - u is in (0, 1], so the logarithm is finite.
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        var (sin, cos) = Math.SinCos(2 * Math.PI * Uniform());
        _spare = radius * sin;
        return radius * cos;
    }

    /// <summary>A count with this mean, by inversion: takes steps in proportion to the mean.</summary>
    /// <param name="mean">0 to 700: beyond, exp(-mean) is no number any more.</param>
    public int Poisson(double mean)
    {
        if (!(mean is >= 0 and <= 700)) throw new ArgumentOutOfRangeException(nameof(mean), mean, "wanted 0 to 700");
        var u = Uniform();
        var chance = Math.Exp(-mean);
        var (count, sum) = (0, chance);
        // The sum of all chances may round to less than u; beyond the bound every chance is far below 2^-53.
        for (var most = (int)(mean + 20 * Math.Sqrt(mean) + 40); u >= sum && count < most; sum += chance) chance *= mean / ++count;
        return count;
    }

    private uint Word()
    {
        if (_used == 4)
        {
            (_words[0], _words[1], _words[2], _words[3]) = Philox.Block(_block++, _sample, (uint)_step, (uint)(_step >> 32), _key);
            _used = 0;
        }

        return _words[_used++];
    }
}

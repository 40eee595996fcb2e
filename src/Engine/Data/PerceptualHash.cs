using System.Numerics;

namespace WebLab.Engine.Data;

/// <summary>
/// What an image looks like in 64 bits and in a small grey picture. The bits tell which of the 64 lowest frequencies of a cosine transform
/// exceed their median (pHash, Zauner 2010, 3.2.2), so equal-looking images differ in few; the picture confirms what the bits suggest.
/// </summary>
public sealed class PerceptualHash
{
    /// <summary>Side of the grey picture that is transformed.</summary>
    private const int Side = 32;

    private const int Frequencies = 8;

    // cosine[f, i]: of frequency f at pixel i.
    private static readonly float[] Cosine = [.. Enumerable.Range(0, Frequencies * Side).Select(k => MathF.Cos(MathF.PI * (k / Side) * ((k % Side) + 0.5f) / Side))];

    private readonly float[] _grey = new float[Side * Side];
    private readonly float[] _rows = new float[Side * Frequencies];
    private readonly float[] _low = new float[Frequencies * Frequencies];
    private readonly float[] _sorted = new float[(Frequencies * Frequencies) - 1];

    /// <summary>Side of the grey picture that <see cref="Of"/> gives.</summary>
    public const int SmallSide = 16;

    /// <summary>Bytes of that picture.</summary>
    public const int SmallBytes = SmallSide * SmallSide;

    /// <summary>The bits of an image, and its small grey picture.</summary>
    /// <param name="pixels">C x H x W bytes.</param>
    /// <param name="shape">Of the image.</param>
    /// <param name="small">Gets <see cref="SmallBytes"/> bytes.</param>
    public ulong Of(ReadOnlySpan<byte> pixels, ImageShape shape, Span<byte> small)
    {
        Grey(pixels, shape);
        for (var y = 0; y < SmallSide; y++)
            for (var x = 0; x < SmallSide; x++)
            {
                var at = (2 * y * Side) + (2 * x);
                small[(y * SmallSide) + x] = (byte)((_grey[at] + _grey[at + 1] + _grey[at + Side] + _grey[at + Side + 1] + 2) / 4);
            }

        Transform();
        _low.AsSpan(1).CopyTo(_sorted);
        _sorted.AsSpan().Sort();
        var median = _sorted[_sorted.Length / 2];
        var bits = 0UL;
        for (var k = 0; k < _low.Length; k++)
            if (_low[k] > median) bits |= 1UL << k;
        return bits;
    }

    /// <summary>Bits in which two hashes differ, 0 to 64.</summary>
    public static int Distance(ulong a, ulong b) => BitOperations.PopCount(a ^ b);

    // Each pixel of the picture is the mean of the pixels that lie below it, or the nearest of a smaller image.
    private void Grey(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        var (height, width, plane) = (shape.Height, shape.Width, shape.Height * shape.Width);
        for (var y = 0; y < Side; y++)
        {
            var (top, bottom) = Range(y, height);
            for (var x = 0; x < Side; x++)
            {
                var (left, right) = Range(x, width);
                var sum = 0;
                for (var c = 0; c < shape.Channels; c++)
                    for (var row = top; row < bottom; row++)
                        for (var column = left; column < right; column++)
                            sum += pixels[(c * plane) + (row * width) + column];
                _grey[(y * Side) + x] = (float)sum / (shape.Channels * (bottom - top) * (right - left));
            }
        }
    }

    private static (int From, int To) Range(int at, int length)
    {
        var from = at * length / Side;
        return (from, Math.Max(from + 1, (at + 1) * length / Side));
    }

    private void Transform()
    {
        for (var y = 0; y < Side; y++)
            for (var f = 0; f < Frequencies; f++)
            {
                var sum = 0f;
                for (var x = 0; x < Side; x++) sum += _grey[(y * Side) + x] * Cosine[(f * Side) + x];
                _rows[(f * Side) + y] = sum;
            }

        for (var f = 0; f < Frequencies; f++)
            for (var g = 0; g < Frequencies; g++)
            {
                var sum = 0f;
                for (var y = 0; y < Side; y++) sum += _rows[(f * Side) + y] * Cosine[(g * Side) + y];
                _low[(g * Frequencies) + f] = sum;
            }
    }
}

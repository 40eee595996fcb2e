using WebLab.Engine.Methods;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// l x + (1 - l) x[pi] with one l ~ Beta(alpha, alpha) and one permutation pi per batch; the loss is mixed likewise (Zhang et al. 2018,
/// eq. 1). Differs: l or 1 - l, whichever is larger, which only swaps the two images of a pair; so the first label is the one that
/// prevails, and it is what attacks leave behind and accuracy counts.
/// </summary>
public static class Mixup
{
    private const int Tries = 256;

    /// <param name="x">N x C x H x W.</param>
    /// <param name="y">N int64.</param>
    /// <param name="alpha">Above 0, at most 2.</param>
    /// <param name="draws">Chance of this batch in this step.</param>
    public static (Tensor X, Mixture Mixture) Apply(Tensor x, Tensor y, double alpha, Draws draws)
    {
        var share = Share(alpha, draws.Shared());
        var partners = draws.Permutation("partners");
        // Written so that rounding does not leave [0,1].
        return (x + ((x.index_select(0, partners) - x) * (1 - share)), new Mixture(y.index_select(0, partners), share));
    }

    /// <summary>max(l, 1 - l), l ~ Beta(alpha, alpha): u^(1/a) / (u^(1/a) + v^(1/a)) for the first uniform u, v whose sum of powers is at most 1 (Jöhnk 1964).</summary>
    internal static double Share(double alpha, Draws shared)
    {
        var uniform = shared.Uniform("share", 0, 1, 2 * Tries).to(DType.Float64).cpu().ToArray<double>();
        for (var k = 0; k < 2 * Tries; k += 2)
        {
            // Logarithms, since u^(1/a) is below the smallest number for small a.
            var (u, v) = (Math.Log(1 - uniform[k]) / alpha, Math.Log(1 - uniform[k + 1]) / alpha);
            if (Math.Exp(u) + Math.Exp(v) <= 1) return 1 / (1 + Math.Exp(-Math.Abs(u - v)));
        }
        throw new InvalidOperationException($"no draw of Beta({alpha}, {alpha}) in {Tries} tries");
    }
}

using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>Climbs the cross-entropy by sign steps from a feature map, as ALFA does; nothing is cut to a pixel range.</summary>
/// <param name="StepSize">Length of a step in every value of the map.</param>
/// <param name="Eps">Radius of the random start and of the clipping.</param>
/// <param name="RandomStart">Start at a random point within the radius.</param>
/// <param name="Clip">Keep the map within the radius.</param>
internal sealed record FeatureAscent(double StepSize, int Steps, double Eps, bool RandomStart, bool Clip)
{
    /// <summary>The climbed map, detached.</summary>
    /// <param name="behind">From the map to the logits.</param>
    /// <param name="z">Where it starts, detached; N first.</param>
    /// <param name="y">Labels, N int64.</param>
    /// <param name="draws">Chance of the start.</param>
    /// <param name="first">The gradient at <paramref name="z"/> where it is known already.</param>
    public Tensor Run(Func<Tensor, Tensor> behind, Tensor z, Tensor y, Draws draws, Tensor? first = null)
    {
        using var scope = Scope.Enter();
        using var graph = WithGrad.Enter();
        var climbed = RandomStart ? z + draws.Composed("start", d => d.Uniform("offset", -Eps, Eps, z.shape[1..])).to(z.dtype) : z;
        for (var step = 0; step < Steps; step++)
        {
            using var inner = Scope.Enter();
            var leaf = climbed.detach().requires_grad_();
            var g = first is not null && step == 0 ? first : Grad.Of(Lesson.CrossEntropy(behind(leaf), y), leaf);
            using var off = NoGrad.Enter();
            // Running statistics of a fresh network do not normalise: a gradient may overflow, and then says nothing.
            var next = leaf + (g.nan_to_num(0, 0, 0).sign() * StepSize);
            climbed = inner.Keep(Clip ? next.maximum(z - Eps).minimum(z + Eps) : next);
        }
        return scope.Keep(climbed.detach());
    }
}

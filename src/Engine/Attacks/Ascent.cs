using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>The point a search starts from.</summary>
public enum Start
{
    /// <summary>The clean image.</summary>
    Zero,

    /// <summary>A random point of the ball, cut to [0,1]: uniform per value for Linf; a random direction with a uniform length for L2 and L1.</summary>
    Uniform,

    /// <summary>The clean image plus 0.001 times standard normal noise, not cut (TRADES).</summary>
    Gauss,

    /// <summary>The radius or its negative for each value, cut to [0,1].</summary>
    Signs,

    /// <summary>A random point of the ball's surface, cut to [0,1] (APGD).</summary>
    Surface,
}

/// <summary>
/// Projected gradient ascent, the loop of every attack from FGSM to MI-FGSM: step along the ball's steepest direction, project, repeat;
/// the last point counts.
/// </summary>
internal sealed record Ascent(Norm Norm, double Radius, double StepSize, int Steps, Start Start)
{
    /// <summary>Momentum (MI-FGSM): each gradient is divided by its L1 norm and added to this share of the sum before.</summary>
    public double? Decay { get; init; }

    /// <summary>Radius of the random start where it is not the ball's (R+FGSM).</summary>
    public double? StartRadius { get; init; }

    /// <summary>False: points are only cut to [0,1], and the radius bounds the start alone (GD).</summary>
    public bool Project { get; init; } = true;

    /// <summary>What a step goes along, of the gradient; absent: the ball's steepest direction.</summary>
    public Func<Tensor, Tensor>? Along { get; init; }

    /// <summary>A radius for each sample, N x 1 x 1 x 1, in place of the common one; steps then scale with it, <see cref="StepSize"/> times.</summary>
    public Tensor? Radii { get; init; }

    public Found Run(Hunt hunt)
    {
        var ball = Radii is null ? Ball.Around(hunt.X, Norm, Radius) : new Ball(Norm, hunt.X, Radii);
        var first = (StartRadius is { } r ? Ball.Around(hunt.X, Norm, r) : ball).Begin(Start, hunt.Draws);
        var herd = Decay is null ? new Herd(hunt, ball, first) : new Herd(hunt, ball, first, Ops.zeros_like(first));
        for (var k = 0; k < Steps && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                var x = herd[0].detach().requires_grad_();
                var sight = herd.Look(x, k, Steps);
                done = step.Keep(sight.Reached);
                var g = herd.Gradient(sight.Loss, x);
                using var off = NoGrad.Enter();
                if (Decay is { } decay)
                {
                    // A zero gradient must not make the sum NaN: the sample would never move again.
                    g = herd[1] * decay + (g / Projections.L1Norm(g).clamp_min(1e-30));
                    herd.Put(step, 1, g);
                }

                var way = (Along is null ? herd.Ball.Ascent(g, herd[0]) : Along(g)) * StepSize;
                var next = herd[0] + (Radii is null ? way : way * herd.Ball.Radius);
                next = Project ? herd.Ball.Project(next) : next.clamp(0, 1);
                herd.Put(step, 0, hunt.Stop ? Ops.where(done.reshape(-1, 1, 1, 1), herd[0], next) : next);
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End();
    }
}

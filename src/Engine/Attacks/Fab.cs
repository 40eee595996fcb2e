using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Options that both forms of FAB share.</summary>
public abstract record BoundaryOptions : BudgetedOptions
{
    [Description("The norm that is kept small.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Range(1, 10_000), Unit("steps"), Description("Steps per search.")]
    public int Steps { get; init; } = 100;

    [Range(1, 1000), Description("Searches; the first starts at the image, later ones at random.")]
    public int Restarts { get; init; } = 1;

    [Range(0.0, 1.0), Advanced, Description("Largest pull towards the clean image's own projection.")]
    public double AlphaMax { get; init; } = 0.1;

    [Range(1.0, 2.0), Advanced, Description("Steps go this many times the way to the linearised boundary.")]
    public double Eta { get; init; } = 1.05;

    [Range(0.0, 1.0), Advanced, Description("After a success the search goes on at this share of the way from the image.")]
    public double Beta { get; init; } = 0.9;

    protected override Norm Measure => Norm;

    /// <summary>A gradient per class and step; ten classes are assumed.</summary>
    public override Effort Effort() => new(Climb: Steps * Restarts * 9);
}

/// <summary>Fast adaptive boundary attack (Croce and Hein 2020b), at each step towards the nearest class.</summary>
[Kind("fab", "FAB", "Walks along the decision boundary towards the image to find the smallest perturbation.", Group = "Minimal norm",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/1907.02044")]
public sealed record FabOptions : BoundaryOptions
{
    public override Attack Build() => new Fab(this) { StopAtSuccess = StopAtSuccess };
}

/// <summary>FAB towards each of the likeliest wrong classes in turn.</summary>
[Kind("fab-t", "FAB-T", "FAB towards one class at a time: one gradient per step, for many classes.", Group = "Minimal norm",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/1907.02044")]
public sealed record TargetedFabOptions : BoundaryOptions
{
    [Range(1, 999), Description("Target classes: those ranked second, third, ... by the clean logits; at most all but one are used.")]
    public int Targets { get; init; } = 9;

    public override Attack Build() => new Fab(this) { StopAtSuccess = StopAtSuccess, Targets = Targets };
}

internal sealed class Fab(BoundaryOptions options) : Attack
{
    // Slots: the nearest point found, the present point, the distance of the nearest.
    private const int Best = 0, Now = 1, Distance = 2;

    public override int Rounds => options.Restarts * Math.Max(1, Targets);

    /// <summary>Number of target classes; 0: untargeted.</summary>
    public int Targets { get; init; }

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round)
    {
        if (Targets == 0) return new Untargeted(y, Losses.Margin);
        var rank = Math.Min(1 + (round % Targets), logits.shape[1] - 1);
        return new Targeted(y, logits.argsort(1, descending: true).select(1, rank), (z, label, t) => Losses.Pick(z, t) - Losses.Pick(z, label));
    }

    protected internal override Found Search(Hunt hunt)
    {
        if (Targets > 0 && hunt.Goal is not Targeted) throw new ArgumentException("fab-t aims at classes; training towards another goal wants fab or pgd");
        if (Targets > 0 && 1 + (hunt.Round % Targets) >= hunt.CleanLogits().shape[1]) return Found.Nothing(hunt);
        var ball = Ball.Around(hunt.X, options.Norm, options.Eps.Value);
        var start = hunt.Round / Math.Max(1, Targets) == 0 ? hunt.X.clone()
            : Ball.Around(hunt.X, options.Norm, options.Eps.Value / 2).Begin(Start.Surface, hunt.Draws);
        var first = Ops.full_like(hunt.Rows, -1);
        var far = Ops.full([hunt.X.shape[0]], 1e10, hunt.X.dtype, hunt.X.device);
        var herd = new Herd(hunt, ball, hunt.X.clone(), start, far);
        for (var k = 0; k < options.Steps && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                Walk(herd, step, k);
                done = step.Keep(Judge(herd, step, k, first));
            }

            herd.Leave(done);
            done.Dispose();
        }

        using (var last = Scope.Enter())
        {
            // A point outside the radius is no answer to a question within it.
            var within = herd[Distance].le(options.Eps.Value);
            herd.Put(last, Best, Ops.where(within.reshape(-1, 1, 1, 1), herd[Best], herd.Ball.Centre));
        }

        return herd.End() with { First = first };
    }

    /// <summary>Of two points that both break a sample the nearer one is kept.</summary>
    protected internal override Tensor Replaces(Verdict kept, Verdict fresh)
    {
        var nearer = Length((fresh.X - fresh.Clean).flatten(1)).lt(Length((kept.X - kept.Clean).flatten(1)));
        return fresh.Broken.logical_and(kept.Broken.logical_not().logical_or(nearer));
    }

    /// <summary>Linearises the difference of logits and steps beyond its zero, from the present point and from the clean image.</summary>
    private void Walk(Herd herd, Scope step, int k)
    {
        var x = herd[Now].detach().requires_grad_();
        var sight = herd.Look(x, 2 * k, 2 * options.Steps);
        var (f, w) = Targets > 0 ? (sight.Loss.detach(), herd.Gradient(sight.Loss, x)) : Nearest(herd, sight, x);
        using var off = NoGrad.Enter();
        var clean = herd.Ball.Centre.flatten(1);
        var (u, weights) = (x.flatten(1), w.flatten(1));
        var b = (weights * u).sum(1, true) - f.unsqueeze(1);
        var both = Hyperplane.Displacement(options.Norm, Ops.cat([u, clean], 0), Ops.cat([weights, weights], 0), Ops.cat([b, b], 0)).chunk(2, 0);
        var (d1, d2) = (both[0], both[1]);
        var (n1, n2) = (Length(d1).clamp_min(1e-8), Length(d2).clamp_min(1e-8));
        var a = (n1 / (n1 + n2)).clamp(0, options.AlphaMax).unsqueeze(1);
        var next = ((u + (d1 * options.Eta)) * (1 - a)) + ((clean + (d2 * options.Eta)) * a);
        herd.Put(step, Now, next.clamp(0, 1).reshape(x.shape));
    }

    /// <summary>Notes nearer adversarial points and pulls those points back towards the image. Returns who is within the radius.</summary>
    /// <param name="herd">The samples.</param>
    /// <param name="step">Of the search.</param>
    /// <param name="k">Its number.</param>
    /// <param name="first">Gets the look that first found a point within the radius, of all samples of the round.</param>
    private Tensor Judge(Herd herd, Scope step, int k, Tensor first)
    {
        using var off = NoGrad.Enter();
        var sight = herd.Look(herd[Now], (2 * k) + 1, 2 * options.Steps);
        var delta = herd[Now] - herd.Ball.Centre;
        var length = Length(delta.flatten(1));
        var nearer = sight.Reached.logical_and(length.lt(herd[Distance]));
        herd.Put(step, Best, Ops.where(nearer.reshape(-1, 1, 1, 1), herd[Now], herd[Best]));
        herd.Put(step, Distance, Ops.where(nearer, length, herd[Distance]));
        herd.Put(step, Now, Ops.where(sight.Reached.reshape(-1, 1, 1, 1), herd.Ball.Centre + (delta * options.Beta), herd[Now]));
        var within = herd[Distance].le(options.Eps.Value);
        var before = first.index_select(0, herd.Rows);
        first.index_copy_(0, herd.Rows, Ops.where(within.logical_and(before.lt(0)), (2L * k) + 2, before));
        return within;
    }

    /// <summary>Value and gradient of z_k - z_y for the class whose linearised boundary is nearest.</summary>
    private (Tensor F, Tensor W) Nearest(Herd herd, Sight sight, Tensor x)
    {
        var y = herd.Goal.Y;
        var own = Losses.Pick(sight.Logits, y);
        var (best, f, w) = (default(Tensor), default(Tensor), default(Tensor));
        var classes = sight.Logits.shape[1];
        for (var k = 0L; k < classes; k++)
        {
            var difference = sight.Logits.select(1, k) - own;
            var gradient = herd.Gradient(difference, x, keep: k + 1 < classes);
            using var off = NoGrad.Enter();
            var value = difference.detach();
            var distance = value.abs() / (Dual(gradient.flatten(1)) + 1e-12);
            distance = Ops.where(y.eq(k), double.PositiveInfinity, distance);
            if (best is null)
            {
                (best, f, w) = (distance, value, gradient);
                continue;
            }

            var nearer = distance.lt(best);
            (best, f, w) = (best.minimum(distance), Ops.where(nearer, value, f!), Ops.where(nearer.reshape(-1, 1, 1, 1), gradient, w!));
        }

        return (f!, w!);
    }

    private Tensor Length(Tensor d) => options.Norm switch
    {
        Norm.Linf => d.abs().amax(1),
        Norm.L2 => d.square().sum(1).sqrt(),
        _ => d.abs().sum(1),
    };

    private Tensor Dual(Tensor w) => options.Norm switch
    {
        Norm.Linf => w.abs().sum(1),
        Norm.L2 => w.square().sum(1).sqrt(),
        _ => w.abs().amax(1),
    };
}

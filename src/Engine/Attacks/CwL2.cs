using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Least L2 perturbation by Adam on a change of variable that keeps the box, with a search for the weight c of the misclassification
/// term (Carlini and Wagner 2017). c, the abort rule and everything else are per sample.
/// </summary>
[Kind("cw-l2", "C&W L2", "Looks for the smallest L2 perturbation by optimisation; slow and precise.", Group = "Minimal norm",
    Source = "Carlini and Wagner 2017", Link = "https://arxiv.org/abs/1608.04644")]
public sealed record CarliniWagnerOptions : AttackOptions
{
    [Range(1e-9, 1e9), Description("First weight of the misclassification term.")]
    public double C { get; init; } = 1e-3;

    [Range(1, 50), Description("Steps of the search for c.")]
    public int SearchSteps { get; init; } = 9;

    [Range(1, 100_000), Unit("steps"), Description("Adam steps for each c.")]
    public int Steps { get; init; } = 200;

    [Range(1e-6, 10.0), Description("Learning rate of Adam.")]
    public double Lr { get; init; } = 0.01;

    [Range(0.0, 1e6), Advanced, Description("By how much the wrong logit must lead.")]
    public double Kappa { get; init; }

    [Range(0.5, 1.0), Advanced, Description("Pixels 2x - 1 are multiplied by this before atanh, so that 0 and 1 can move.")]
    public double BoxScale { get; init; } = 0.999999;

    [Advanced, Description("Every tenth of the steps, end the samples whose objective did not fall by 0.01 %.")]
    public bool AbortEarly { get; init; } = true;

    public override Effort Effort() => new(Climb: SearchSteps * Steps);

    public override Attack Build() => new CarliniWagner(this);
}

internal sealed class CarliniWagner(CarliniWagnerOptions options) : Attack
{
    private const int Point = 0, Modifier = 1, M = 2, V = 3, C = 4, LastCheck = 5;

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) =>
        new Untargeted(y, (z, label) => Losses.Hinge(z, label, options.Kappa));

    protected internal override Found Search(Hunt hunt) => Bisect(hunt).Found;

    /// <summary>Also tells the weights that were tried, searchSteps x n, and the least L2 distance, infinity where none was found.</summary>
    internal (Found Found, Tensor Tried, Tensor Distance) Bisect(Hunt hunt)
    {
        var n = hunt.X.shape[0];
        var c = Ops.full([n], options.C, hunt.X.dtype, hunt.X.device);
        var (lower, upper) = (Ops.zeros_like(c), Ops.full_like(c, 1e10));
        var best = new Best(hunt.X.clone(), Ops.full_like(c, double.PositiveInfinity));
        var (tried, total) = (new List<Tensor>(), Found.Nothing(hunt));
        for (var search = 0; search < options.SearchSteps; search++)
        {
            if (options.SearchSteps >= 10 && search == options.SearchSteps - 1) c = Ops.where(upper.lt(1e10), upper, c);
            tried.Add(c);
            var hit = Ops.zeros_like(c, DType.Bool);
            total = total.Plus(Descend(hunt, c, best, hit));
            upper = Ops.where(hit, upper.minimum(c), upper);
            lower = Ops.where(hit, lower, lower.maximum(c));
            c = Ops.where(upper.lt(1e10), (lower + upper) / 2, c * 10);
        }

        return (total with { X = best.X }, Ops.stack([.. tried]), best.Squared.sqrt());
    }

    /// <summary>One run of Adam for given weights; notes better points in <paramref name="best"/> and successes in <paramref name="hit"/>.</summary>
    private Found Descend(Hunt hunt, Tensor c, Best best, Tensor hit)
    {
        var w0 = ((hunt.X * 2 - 1) * options.BoxScale).atanh();
        var origin = (w0.tanh() + 1) / 2;
        var zero = Ops.zeros_like(hunt.X);
        var herd = new Herd(hunt with { Stop = true }, new Ball(Norm.L2, origin, Ops.zeros_like(c).reshape(-1, 1, 1, 1)),
            w0, zero.clone(), zero.clone(), zero.clone(), c.clone(), Ops.full_like(c, double.PositiveInfinity));
        for (var k = 0; k < options.Steps && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                var modifier = herd[Modifier].detach().requires_grad_();
                var x = ((herd[Point] + modifier).tanh() + 1) / 2;
                var sight = herd.Look(x, k, options.Steps);
                var squared = (x - herd.Ball.Centre).square().sum([1, 2, 3]);
                var objective = squared - (sight.Loss * herd[C]);
                var g = herd.Gradient(objective, modifier);
                using var off = NoGrad.Enter();
                var good = options.Kappa > 0 ? sight.Loss.ge(0) : sight.Reached;
                best.Note(herd.Rows, good, x.detach(), squared.detach());
                hit.index_copy_(0, herd.Rows, hit.index_select(0, herd.Rows).logical_or(good));
                Adam(herd, step, g, k + 1);
                done = step.Keep(Stalled(herd, step, objective.detach(), k));
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End();
    }

    private void Adam(Herd herd, Scope step, Tensor g, int t)
    {
        herd.Put(step, M, (herd[M] * 0.9) + (g * 0.1));
        herd.Put(step, V, (herd[V] * 0.999) + (g.square() * 0.001));
        var down = herd[M] / (1 - Math.Pow(0.9, t)) / ((herd[V] / (1 - Math.Pow(0.999, t))).sqrt() + 1e-8);
        herd.Put(step, Modifier, herd[Modifier] - (down * options.Lr));
    }

    private Tensor Stalled(Herd herd, Scope step, Tensor objective, int k)
    {
        var every = Math.Max(options.Steps / 10, 1);
        if (!options.AbortEarly || k % every != 0) return Ops.zeros_like(objective, DType.Bool);
        var stalled = objective.gt(herd[LastCheck] * 0.9999);
        herd.Put(step, LastCheck, objective.clone());
        return stalled;
    }

    /// <summary>Nearest successful point per sample; the clean image and infinity until there is one.</summary>
    private sealed record Best(Tensor X, Tensor Squared)
    {
        public void Note(Tensor rows, Tensor good, Tensor x, Tensor squared)
        {
            var (before, old) = (Squared.index_select(0, rows), X.index_select(0, rows));
            var better = good.logical_and(squared.lt(before));
            Squared.index_copy_(0, rows, Ops.where(better, squared, before));
            X.index_copy_(0, rows, Ops.where(better.reshape(-1, 1, 1, 1), x, old));
        }
    }
}

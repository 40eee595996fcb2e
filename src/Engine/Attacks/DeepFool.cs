using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Steps to the nearest face of the linearised decision region, over the classes that the clean image ranks highest, until the label
/// changes (Moosavi-Dezfooli et al. 2016). The overshoot multiplies the whole offset from the clean image.
/// </summary>
[Kind("deepfool", "DeepFool", "Looks for the smallest perturbation that changes the label, by linearising the network.", Group = "Minimal norm",
    Source = "Moosavi-Dezfooli et al. 2016", Link = "https://arxiv.org/abs/1511.04599")]
public sealed record DeepFoolOptions : AttackOptions
{
    [Description("The norm that is kept small: l2 or linf.")]
    public Norm Norm { get; init; } = Norm.L2;

    [Range(2, 1000), Description("Candidate classes, the clean label included.")]
    public int Classes { get; init; } = 10;

    [Range(0.0, 1.0), Description("Share by which the offset goes beyond the face.")]
    public double Overshoot { get; init; } = 0.02;

    [Range(0.0, 1.0), Advanced, Description("Added to each step's length, against steps of no length.")]
    public double Kick { get; init; } = 1e-4;

    [Range(1, 1000), Unit("steps"), Description("Limit of steps.")]
    public int MaxSteps { get; init; } = 50;

    [Advanced, Description("Cut points to [0,1]; the paper does not.")]
    public bool Clip { get; init; } = true;

    public override IEnumerable<Finding> Check()
    {
        if (Norm == Norm.L1) yield return new("norm", "must be l2 or linf; got l1, write \"l2\"");
    }

    public override Effort Effort() => new(Climb: MaxSteps * Classes);

    public override Attack Build() => new DeepFool(this);
}

internal sealed class DeepFool(DeepFoolOptions options) : Attack
{
    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) => new Untargeted(y, Losses.Margin);

    protected internal override Found Search(Hunt hunt)
    {
        // A sample is done with its first success, whatever StopAtSuccess says: there is nothing more to look for.
        var logits = hunt.CleanLogits();
        var ranked = logits.argsort(1, descending: true).narrow(1, 0, Math.Min(options.Classes, logits.shape[1]));
        var herd = new Herd(hunt with { Stop = true }, Ball.Around(hunt.X, options.Norm, 0), hunt.X.clone(), Ops.zeros_like(hunt.X), ranked.clone());
        for (var k = 0; k <= options.MaxSteps && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                var x = herd[0].detach().requires_grad_();
                var sight = herd.Look(x, k, options.MaxSteps + 1);
                done = step.Keep(sight.Reached);
                if (k < options.MaxSteps && !done.all().item<bool>()) Step(herd, step, sight, x, done);
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End();
    }

    /// <summary>Adds the nearest face's step to the offset r (slot 1) and moves the points that are still to be moved.</summary>
    private void Step(Herd herd, Scope step, Sight sight, Tensor x, Tensor done)
    {
        var z = sight.Logits.gather(1, herd[2]);
        var (nearest, shift) = (default(Tensor), default(Tensor));
        for (var k = 1; k < z.shape[1]; k++)
        {
            var f = z.select(1, k) - z.select(1, 0);
            var w = herd.Gradient(f, x, keep: k + 1 < z.shape[1]);
            using var off = NoGrad.Enter();
            var distance = f.detach().abs() / Dual(w).clamp_min(1e-30);
            var move = Move(f.detach().abs().reshape(-1, 1, 1, 1), w);
            var nearer = nearest is null ? distance.ge(0) : distance.lt(nearest);
            shift = shift is null ? move : Ops.where(nearer.reshape(-1, 1, 1, 1), move, shift);
            nearest = nearest is null ? distance : nearest.minimum(distance);
        }

        using var still = NoGrad.Enter();
        var r = herd[1] + shift!;
        var next = herd.Ball.Centre + (r * (1 + options.Overshoot));
        if (options.Clip) next = next.clamp(0, 1);
        herd.Put(step, 1, r);
        herd.Put(step, 0, Ops.where(done.reshape(-1, 1, 1, 1), herd[0], next));
    }

    /// <summary>Norm of the gradient that is dual to the norm kept small, n.</summary>
    private Tensor Dual(Tensor w) => (options.Norm == Norm.L2 ? Projections.L2Norm(w) : Projections.L1Norm(w)).flatten();

    private Tensor Move(Tensor f, Tensor w)
    {
        if (options.Norm == Norm.Linf) return (f / Projections.L1Norm(w).clamp_min(1e-30) + options.Kick) * w.sign();
        var length = Projections.L2Norm(w).clamp_min(1e-30);
        return (f / length + options.Kick) * w / length;
    }
}

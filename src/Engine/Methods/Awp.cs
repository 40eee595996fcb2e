using System.ComponentModel.DataAnnotations;
using System.ComponentModel;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("awp", "Adversarial weight perturbation", "Learns at weights moved against the loss: a flatter optimum, less robust over-fitting.",
    Group = "Adversarial training", Source = "Wu et al. 2020", Link = "https://arxiv.org/abs/2004.05884")]
public sealed record AwpOptions : AdversarialOptions
{
    [Description("The loss that is trained: ce, trades or mart.")]
    public InnerLoss Loss { get; init; } = InnerLoss.Ce;

    [Range(0.0, 100.0), Description("Weight of the change of the prediction (trades, mart).")]
    public double Beta { get; init; } = 6;

    [Range(0.0, 1.0), Description("Length of the weight perturbation relative to the weights, per layer: 0.01 with ce, 0.005 with trades.")]
    public double Gamma { get; init; } = 0.01;

    [Range(1, 10_000), Unit("epochs"), Advanced, Description("First epoch with perturbed weights.")]
    public int StartEpoch { get; init; } = 1;

    public override IEnumerable<Finding> Doubts() => Loss.Doubts(Attack);

    public override Softness TakesLabels() => Loss == InnerLoss.Mart ? Softness.Hard : Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => Loss.Effort(Attack, perturbed: Gamma > 0);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Awp(Loss.Of(this, Beta), Gamma, StartEpoch);
}

/// <summary>
/// min over w of max over v of L(w + v), |v_l| = gamma |w_l| per layer, one ascent step; the optimiser steps at w + v, then v is
/// taken back (Wu et al. 2020, eq. 7-12). Batch norm's parameters and biases are not perturbed.
/// </summary>
/// <param name="inner">Crafts the images and gives the loss; owned from now on.</param>
/// <param name="gamma">|v_l| / |w_l|.</param>
/// <param name="startEpoch">First epoch with perturbed weights, 1-based.</param>
public sealed class Awp(CraftingMethod inner, double gamma, int startEpoch) : Method
{
    public override IReadOnlyList<(string Name, Slot Slot)> Parameters => inner.Parameters;

    public override IReadOnlyList<(string Name, Tensor Value)> State => inner.State;

    public override void Initialise(Rng rng) => inner.Initialise(rng);

    public override void Step(Lesson lesson)
    {
        var adversarial = inner.Craft(lesson);
        if (lesson.Epoch < startEpoch)
        {
            lesson.Descend(inner.LossOn(lesson, adversarial, lesson.TrainingPass));
            return;
        }
        Descend(lesson, gamma, pass => inner.LossOn(lesson, adversarial, pass));
    }

    /// <summary>One optimiser step at perturbed weights.</summary>
    /// <param name="lesson">The batch.</param>
    /// <param name="gamma">|v_l| / |w_l|.</param>
    /// <param name="loss">The scalar loss by training passes.</param>
    public static void Descend(Lesson lesson, double gamma, Func<Pass, Tensor> loss)
    {
        var moves = Ascend(lesson, gamma, loss);
        Shift(moves, 1);
        try
        {
            lesson.Descend(loss(lesson.TrainingPass));
        }
        finally
        {
            Shift(moves, -1);
        }
    }

    public override void Dispose()
    {
        inner.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>v per layer: gamma |w| G / (|G| + 1e-20), G by batch statistics that move nothing.</summary>
    private static List<(Tensor W, Tensor V)> Ascend(Lesson lesson, double gamma, Func<Pass, Tensor> loss)
    {
        var layers = lesson.Network.Parameters.Where(p => p.Slot.Shape.Count > 1).ToList();
        var weights = layers.Select(l => l.Slot.Value).ToArray();
        var before = lesson.Tally;
        var ascended = loss(lesson.TrainingPass with { Stats = StatsMode.Batch, Draws = lesson.Draws.In("awp") });
        lesson.Recount(before);
        lesson.Note("loss.awp", ascended);
        var gradients = Grad.Of(ascended, weights);
        using var off = NoGrad.Enter();
        var moves = new List<(Tensor, Tensor)>();
        for (var k = 0; k < weights.Length; k++)
        {
            var v = gradients[k] * (weights[k].norm() / (gradients[k].norm() + 1e-20) * gamma);
            lesson.Note($"v.{layers[k].Name}", v);
            moves.Add((weights[k], v));
        }
        return moves;
    }

    private static void Shift(List<(Tensor W, Tensor V)> moves, int sign)
    {
        using var off = NoGrad.Enter();
        foreach (var (w, v) in moves) w.add_(v, sign);
    }
}

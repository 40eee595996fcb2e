using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("free", "Free adversarial training", "Replays each batch and moves image and weights by the same gradient: robustness at the price of standard training. Divide epochs by the replays.",
    Group = "Cheap adversarial training", Source = "Shafahi et al. 2019", Link = "https://arxiv.org/abs/1904.12843")]
public sealed record FreeOptions : MethodOptions
{
    [Description("Radius (Linf), such as \"8/255\"; also the step.")]
    public Budget Eps { get; init; } = Budget.Of255(8);

    [Range(1, 100), Unit("updates"), Description("Weight updates per batch; 4 to 10 in the paper.")]
    public int Replays { get; init; } = 8;

    public override Softness TakesLabels() => Softness.Smoothed;

    public override Effort Effort(ArchitectureOptions model) => new(Learn: Replays);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Free(this, network, batch);
}

/// <summary>
/// One perturbation for the whole run, never reset: each replay's backward pass moves the weights down and the perturbation up
/// (Shafahi et al. 2019, algorithm 1).
/// </summary>
public sealed class Free : Method
{
    private readonly FreeOptions _options;
    private readonly Tensor _delta;

    public Free(FreeOptions options, Network network, IReadOnlyList<long> batch)
    {
        using var scope = Scope.Enter();
        var like = network.Parameters.First().Slot.Value;
        (_options, _delta) = (options, Ops.zeros([.. batch], like.dtype, like.device).Unscoped());
    }

    public override int UpdatesPerBatch => _options.Replays;

    /// <summary><c>delta</c>: N x C x H x W, within the radius.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State => [("delta", _delta)];

    public override void Step(Lesson lesson)
    {
        for (var replay = 0; replay < _options.Replays; replay++)
        {
            using var scope = Scope.Enter();
            Replay(lesson, replay);
        }
    }

    private void Replay(Lesson lesson, int replay)
    {
        var eps = _options.Eps.Value;
        // The last batch of an epoch may be smaller; the rest of delta waits.
        var own = _delta.narrow(0, 0, lesson.X.shape[0]);
        var delta = own.detach().clone().requires_grad_();
        var logits = lesson.Logits((lesson.X + delta).clamp(0, 1), lesson.TrainingPass with { Draws = lesson.Draws.In($"replay{replay}") });
        lesson.SawAdversarial(logits, lesson.Y);
        var loss = lesson.CrossEntropy(logits);
        var gradients = lesson.Gradients(loss, delta);
        using (NoGrad.Enter())
        {
            var moved = (own + (gradients[^1].sign() * eps)).clamp(-eps, eps);
            own.copy_(moved.maximum(-lesson.X).minimum(1 - lesson.X));
        }
        lesson.Note($"loss.{replay}", loss);
        lesson.Apply(gradients[..^1], replay);
    }
}

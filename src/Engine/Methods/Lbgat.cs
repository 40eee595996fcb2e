using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("lbgat", "LBGAT", "A second network learns from clean images beside the first, whose logits under attack follow its logits: keeps clean accuracy.",
    Group = "Adversarial training", Source = "Cui et al. 2021", Link = "https://arxiv.org/abs/2011.11164")]
public sealed record LbgatOptions : AdversarialOptions
{
    public LbgatOptions() => Attack = new PgdOptions { Start = Start.Gauss };

    [Range(0.0, 100.0), Description("Weight of the change of the prediction: 0 or 6 in the paper.")]
    public double Beta { get; init; }

    [Description("The network that learns from clean images; it is not part of the model.")]
    public ArchitectureOptions Teacher { get; init; } = new ResNet18Options { Strides = [1, 1, 2, 2] };

    public override IEnumerable<Finding> Doubts() => InnerLoss.Trades.Doubts(Attack);

    public override Softness TakesLabels() => Softness.Mixed;

    /// <summary>The teacher's pass comes on top.</summary>
    public override Effort Effort(ArchitectureOptions model) => InnerLoss.Trades.Effort(Attack);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Lbgat(this, network);
}

/// <summary>
/// MSE(f(x'), g(x)) + CE(g(x), y) + beta KL(p(x) || p(x')), x' = argmax KL, g the teacher (Cui et al. 2021, eq. 3). The mean squared error
/// is taken over all N x K logits and reaches both networks; the student f never sees a label.
/// </summary>
public sealed class Lbgat(LbgatOptions options, Network network) : AdversarialMethod(options)
{
    private readonly Network _teacher = network.Companion(options.Teacher);

    /// <summary><c>teacher.*</c>.</summary>
    public override IReadOnlyList<(string Name, Slot Slot)> Parameters => [.. _teacher.Parameters.Select(p => ($"teacher.{p.Name}", p.Slot))];

    /// <summary>The teacher's running statistics, <c>teacher.*</c>.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State =>
        [.. _teacher.State.Where(s => !s.Slot.Learned).Select(s => ($"teacher.{s.Name}", s.Slot.Value))];

    public override void Initialise(Rng rng) => _teacher.Initialise(rng, "teacher");

    public override Goal Aim(Lesson lesson) => lesson.Diverging();

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var (attacked, clean) = (lesson.Logits(adversarial, pass), lesson.Logits(lesson.X, pass));
        var taught = lesson.Cast(lesson.X, x => _teacher.Forward(x, pass with { Draws = lesson.Draws.In("teacher") }));
        lesson.SawClean(clean, lesson.Y);
        lesson.SawAdversarial(attacked, lesson.Y);
        var (mse, ce) = ((attacked - taught).pow(2).mean(), lesson.CrossEntropy(taught));
        var kl = Losses.Kl(attacked, clean.log_softmax(1)).mean();
        lesson.Note("loss.mse", mse);
        lesson.Note("loss.teacherCe", ce);
        lesson.Note("loss.kl", kl);
        return mse + ce + (kl * options.Beta);
    }

    public override void Dispose()
    {
        _teacher.Dispose();
        GC.SuppressFinalize(this);
    }
}

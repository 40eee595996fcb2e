using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("afa", "AFA", "Two batch norms, for clean and attacked images, and small networks that fuse them per image: one model for every attack strength. Reconstructed from the abstract.",
    Group = "Adversarial training", Source = "Wang et al. 2021 (abstract only)", Link = "https://arxiv.org/abs/2105.15157", Experimental = true)]
public sealed record AfaOptions : AdversarialOptions
{
    [Range(0, 10_000), Unit("epochs"), Description("Last epochs of the run, in which only the generators of fusing weights learn.")]
    public int GeneratorEpochs { get; init; } = 10;

    [Range(0.0, 10.0), Advanced, Description("Learning rate of the generators; it has no schedule and no weight decay.")]
    public double GeneratorLr { get; init; } = 0.1;

    [Range(0.0, 0.9999), Advanced, Description("Momentum of the generators.")]
    public double GeneratorMomentum { get; init; } = 0.9;

    [Range(0.0, 100.0), Advanced, Description("Length of all attack steps together, in radii, while the generators learn; every image has a radius of its own.")]
    public double StepFactor { get; init; } = 2.5;

    public override int BanksNeeded() => 2;

    public override bool GeneratorsNeeded() => true;

    public override IEnumerable<Finding> Check()
    {
        if (Attack is not SteppedOptions) yield return new("attack", "must take steps inside a ball; write {\"kind\": \"pgd\"}");
    }

    public override IEnumerable<Finding> Misfits(ArchitectureOptions model, int epochs)
    {
        foreach (var finding in base.Misfits(model, epochs)) yield return finding;
        if (GeneratorEpochs >= epochs)
            yield return new("generatorEpochs", $"must leave epochs for the two banks; got {GeneratorEpochs} of {epochs}, write {Math.Max(1, epochs / 10)} or more training.epochs");
    }

    public override Softness TakesLabels() => Softness.Smoothed;

    /// <summary>While the banks learn; the generators' epochs take a pass less.</summary>
    public override Effort Effort(ArchitectureOptions model) => Attack.Effort() + new Effort(Learn: 2);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Afa(this, network, batch);
}

/// <summary>
/// Stage 1: (CE(f(x; bank 0), y) + CE(f(x'; bank 1), y)) / 2, x' crafted through bank 1. Stage 2, the last epochs: everything but the
/// generators stands still, running statistics too, and CE(f(x'; fused), y) is lowered, with x' crafted through the fused banks at a
/// radius drawn for each image from [0, eps]. Nobody tells the network the radius. Reconstruction: the paper's text was not to be had.
/// </summary>
public sealed class Afa : Method
{
    private const string Part = ".gen.";

    private readonly AfaOptions _options;
    private readonly SteppedOptions _inner;
    private readonly Attack _attack;
    private readonly List<(string Name, Slot Slot)> _generators;
    private readonly List<Tensor> _momentum;

    /// <param name="options">Checked.</param>
    /// <param name="network">Has two banks and generators.</param>
    /// <param name="batch">Shape of the batches, N x C x H x W.</param>
    /// <exception cref="ArgumentException">Some maps have a single pixel, of which generators can make nothing.</exception>
    public Afa(AfaOptions options, Network network, IReadOnlyList<long> batch)
    {
        using var scope = Scope.Enter();
        (_options, _inner, _attack) = (options, (SteppedOptions)options.Attack, options.Attack.Build());
        _generators = [.. network.Parameters.Where(p => IsGenerator(p.Name))];
        Rehearse(network, batch, new Pass { Route = Route.Fused });
        _momentum = [.. _generators.Select(g => Ops.zeros_like(g.Slot.Value).Unscoped())];
    }

    /// <summary><c>momentum.PARAMETER</c> of every generator.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State => [.. _generators.Select((g, k) => ($"momentum.{g.Name}", _momentum[k]))];

    /// <summary>Everything but the generators, which have their own rate and no weight decay.</summary>
    public override IEnumerable<(string Name, Slot Slot)> Optimised(Network network) => network.Parameters.Where(p => !IsGenerator(p.Name));

    public override void Step(Lesson lesson)
    {
        if (lesson.Epoch <= lesson.Epochs - _options.GeneratorEpochs) base.Step(lesson);
        else LearnToFuse(lesson);
    }

    protected override Tensor Loss(Lesson lesson)
    {
        var adversarial = lesson.Craft(_attack, new Untargeted(lesson.Y, Losses.CrossEntropy), _options.AttackPass(bank: 1));
        var standard = lesson.Logits(lesson.X, lesson.TrainingPass with { Route = Route.One(0) });
        var attacked = lesson.Logits(adversarial, lesson.TrainingPass with { Route = Route.One(1) });
        lesson.SawClean(standard, lesson.Y);
        lesson.SawAdversarial(attacked, lesson.Y);
        return lesson.Weighted([("std", standard, 0.5), ("adv", attacked, 0.5)]);
    }

    private void LearnToFuse(Lesson lesson)
    {
        var fused = new Pass { Route = Route.Fused, Asides = new Asides() };
        var logits = lesson.Logits(AtOwnRadius(lesson), fused);
        lesson.SawAdversarial(logits, lesson.Y);
        foreach (var (name, value) in fused.Asides.All) lesson.Note(name, value);
        var loss = lesson.CrossEntropy(logits);
        lesson.Count(loss);
        var gradients = Grad.Of(loss, [.. _generators.Select(g => g.Slot.Value)]);
        using var off = NoGrad.Enter();
        for (var k = 0; k < _generators.Count; k++)
        {
            lesson.Note($"grad.{_generators[k].Name}", gradients[k]);
            _momentum[k].mul_(_options.GeneratorMomentum).add_(gradients[k]);
            _generators[k].Slot.Value.add_(_momentum[k], -_options.GeneratorLr);
        }
    }

    private Tensor AtOwnRadius(Lesson lesson)
    {
        var radii = lesson.Draws.Uniform("eps", 0, _inner.Eps.Value).to(lesson.X.dtype).reshape(-1, 1, 1, 1);
        var share = _inner.Steps == 0 ? 0 : _options.StepFactor / _inner.Steps;
        var attack = new GradientAttack(new Ascent(Norm.Linf, _inner.Eps.Value, share, _inner.Steps, Start.Uniform) { Radii = radii });
        return lesson.Craft(attack, new Untargeted(lesson.Y, Losses.CrossEntropy), new Pass { Route = Route.Fused });
    }

    private static bool IsGenerator(string parameter) => parameter.Contains(Part, StringComparison.Ordinal);
}

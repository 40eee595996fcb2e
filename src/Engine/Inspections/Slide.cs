using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Inspections;

/// <summary>One batch as all lenses see it, attacked once.</summary>
public sealed class Slide
{
    private readonly Attack _attack;
    private readonly Control _control;
    private readonly StepRelay _relay;
    private readonly Rng _rng;

    /// <param name="subject">Network and images.</param>
    /// <param name="attack">Of the request.</param>
    /// <param name="indices">Of the batch's images in their split.</param>
    /// <param name="control">Told of each attack step.</param>
    public Slide(Subject subject, Attack attack, long[] indices, Control control)
    {
        (_attack, _control, _relay, _rng) = (attack, control, new StepRelay(control), subject.Rng);
        (X, Y) = subject.Read(indices);
        Samples = Tensor.From(indices, indices.Length).to(Y.device);
        Attacked = Attack(new Victim(subject.Network, subject.Frozen));
    }

    /// <summary>N x C x H x W in [0,1].</summary>
    public Tensor X { get; }

    /// <summary>Labels, N int64.</summary>
    public Tensor Y { get; }

    /// <summary>Indices in the split, N int64.</summary>
    public Tensor Samples { get; }

    /// <summary>What the request's attack made of the network as it answers.</summary>
    public Outcome Attacked { get; }

    public int Count => (int)Y.shape[0];

    public IStepObserver Observer => _relay;

    /// <summary>A piece of work that is no attack's step is done: a cancel strikes here.</summary>
    /// <exception cref="JobCancelled">A cancel has come.</exception>
    public void Step() => _control.Step();

    /// <summary>The request's attack on another pass of the network, from the same starts.</summary>
    public Outcome Attack(Victim victim) => _attack.Run(victim, X, Y, Draws("attack"), observer: _relay);

    /// <summary>Chance, keyed by the images.</summary>
    public Draws Draws(string stream) => _rng.Draw($"inspect.{stream}", Samples, 0);
}

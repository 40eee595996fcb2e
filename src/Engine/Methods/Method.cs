using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>
/// How a batch becomes an optimiser step. Most methods only write <see cref="Loss"/>; those that own the step (several updates
/// a batch, perturbed weights) write <see cref="Step"/>. What a method carries from step to step stands in <see cref="State"/>.
/// </summary>
public abstract class Method : IDisposable
{
    /// <summary>Learned parameters beside the network's (a teacher, heads); the run's optimiser moves them too.</summary>
    public virtual IReadOnlyList<(string Name, Slot Slot)> Parameters => [];

    /// <summary>What the run's optimiser moves: the network's parameters and the method's own, unless the method moves some by itself.</summary>
    public virtual IEnumerable<(string Name, Slot Slot)> Optimised(Network network) => network.Parameters.Concat(Parameters);

    /// <summary>Tensors carried between steps; the tensors are the method's own and part of every checkpoint.</summary>
    public virtual IReadOnlyList<(string Name, Tensor Value)> State => [];

    /// <summary>Figures of what it carries, told after every epoch as metrics <c>train.NAME</c>.</summary>
    public virtual IReadOnlyDictionary<string, double> Told() => new Dictionary<string, double>();

    /// <summary>Optimiser steps per batch.</summary>
    public virtual int UpdatesPerBatch => 1;

    /// <summary>Draws the first values of what it learns by itself; called once, before the first step.</summary>
    public virtual void Initialise(Rng rng)
    {
    }

    /// <summary>Learns from one batch.</summary>
    /// <exception cref="Jobs.JobFailure"><c>nan-loss</c>.</exception>
    public virtual void Step(Lesson lesson) => lesson.Descend(Loss(lesson));

    /// <summary>True for a method whose training may break down: the run then asks for a verdict after every epoch.</summary>
    public virtual bool Guarded => false;

    /// <summary>Says how the network stands after an epoch; what it remembers from epoch to epoch is part of <see cref="State"/>.</summary>
    /// <param name="first">The epoch's first batch, with the network as it is now.</param>
    public virtual Verdict Judge(Lesson first) => throw new NotSupportedException($"{GetType().Name} has no guard");

    /// <summary>The scalar that training lowers. A method that writes <see cref="Step"/> may do without.</summary>
    protected virtual Tensor Loss(Lesson lesson) => throw new NotSupportedException($"{GetType().Name} owns its step");

    /// <summary>Runs the network once on black images as training will, without moving anything.</summary>
    /// <param name="network">What will be trained.</param>
    /// <param name="batch">Shape of the batches, N x C x H x W.</param>
    /// <param name="pass">How training runs it; draws and labels are supplied.</param>
    /// <exception cref="ArgumentException">A layer cannot work on maps of this size.</exception>
    protected static void Rehearse(Network network, IReadOnlyList<long> batch, Pass pass)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var like = network.Parameters.First().Slot.Value;
        var samples = Ops.arange(2, DType.Int64, like.device);
        network.Forward(Ops.zeros([2, .. batch.Skip(1)], like.dtype, like.device),
            pass with { Labels = samples.mul(0), Draws = new Rng(0).Draw("rehearsal", samples, 0, like.dtype) });
    }

    public virtual void Dispose()
    {
        foreach (var (_, value) in State) value.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What a guarded method found after an epoch.</summary>
/// <param name="Accuracy">Accuracy in [0,1] of the guard's attack.</param>
/// <param name="Breakdown">Why the run must end with the weights of the epoch before; null: it goes on.</param>
public sealed record Verdict(double Accuracy, string? Breakdown);

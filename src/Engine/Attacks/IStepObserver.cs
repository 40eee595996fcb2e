using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Watches an attack; called before every step on the thread of the attack.</summary>
public interface IStepObserver
{
    /// <summary>Tensors of the step live until the call returns. To stop the attack, throw <see cref="OperationCanceledException"/>.</summary>
    void OnStep(AttackStep step);

    /// <summary>
    /// Told after a step of attacks that follow gradients: the slope they go along, before it is shaped into a step. Where a step takes
    /// several (averaging, faces of a region) each is told. C&amp;W's is that of its objective in its own variable.
    /// </summary>
    /// <param name="rows">Which samples of the batch, int64.</param>
    /// <param name="gradient">n x C x H x W.</param>
    void OnGradient(Tensor rows, Tensor gradient)
    {
    }
}

/// <summary>One step of an attack.</summary>
/// <param name="Round">Restart or target, from 0.</param>
/// <param name="Step">Step within the round, from 0.</param>
/// <param name="Steps">Steps of a round.</param>
/// <param name="Rows">Which samples of the batch still take part, int64.</param>
/// <param name="X">Their images.</param>
/// <param name="Logits">Logits of these images.</param>
/// <param name="Loss">Their losses.</param>
public sealed record AttackStep(int Round, int Step, int Steps, Tensor Rows, Tensor X, Tensor Logits, Tensor Loss);

using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Methods;

/// <summary>One thing that a policy decides for an image, and the values it may take.</summary>
public sealed record Decision(string Name, IReadOnlyList<double> Values);

/// <summary>
/// A network that chooses, for each image, a value of every decision: its logits are those of all decisions side by side, one linear head
/// each. It learns by the score of what it chose (Williams 1992), its gradient cut to a length of 1.
/// </summary>
public sealed class StrategyPolicy : IDisposable
{
    private const double Bound = 1;

    private readonly IReadOnlyList<Decision> _decisions;
    private readonly Network _network;
    private readonly Optimizer _optimizer;
    private readonly double _lr;

    /// <param name="decisions">At least one value each.</param>
    /// <param name="network">As many outputs as there are values; owned from now on.</param>
    /// <param name="lr">Its learning rate, without a schedule.</param>
    /// <param name="momentum">Its momentum.</param>
    public StrategyPolicy(IReadOnlyList<Decision> decisions, Network network, double lr, double momentum)
    {
        (_decisions, _network, _lr) = (decisions, network, lr);
        _optimizer = new SgdOptions { Momentum = momentum, WeightDecay = 0 }.Build(network.Parameters);
    }

    /// <summary>Weights, running statistics and momentum.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _network.State.Select(s => (s.Name, s.Slot.Value)).Concat(_optimizer.State);

    public void Initialise(Rng rng) => _network.Initialise(rng, "policy");

    /// <summary>Logits of each decision, N x its values.</summary>
    public Tensor[] Logits(Lesson lesson, Pass pass)
    {
        var all = lesson.Cast(lesson.X, x => _network.Forward(x, pass));
        var (parts, from) = (new Tensor[_decisions.Count], 0L);
        for (var k = 0; k < parts.Length; from += _decisions[k++].Values.Count) parts[k] = all.narrow(1, from, _decisions[k].Values.Count);
        return parts;
    }

    /// <summary>A choice for each image by the probabilities of the logits: the index of a value, N int64.</summary>
    public static Tensor Sample(Tensor logits, Draws draws)
    {
        using var off = NoGrad.Enter();
        var below = logits.detach().softmax(1).cumsum(1).le(draws.Uniform("choice", 0, 1, 1).to(logits.dtype));
        return below.to(DType.Int64).sum(1).clamp_max(logits.shape[1] - 1);
    }

    /// <summary>The values of a decision at the chosen indices, N.</summary>
    public Tensor Values(int decision, Tensor chosen) =>
        Tensor.From<double>([.. _decisions[decision].Values], _decisions[decision].Values.Count).to(chosen.device).index_select(0, chosen);

    /// <summary>-log of the probability of what was chosen, times the score; the mean over the batch.</summary>
    /// <param name="logits">N x values of one decision.</param>
    /// <param name="chosen">N int64.</param>
    /// <param name="score">How good the choice was for the policy.</param>
    public static Tensor Loss(Tensor logits, Tensor chosen, double score) =>
        logits.log_softmax(1).gather(1, chosen.unsqueeze(1)).mean() * -score;

    /// <summary>One step of plain gradient descent, the gradient cut to a length of 1; gradients are consumed.</summary>
    public static void Learn(Optimizer optimizer, Tensor[] gradients, double lr)
    {
        Lesson.Clip(gradients, Bound);
        optimizer.Step(gradients, lr);
    }

    /// <summary>Makes what was chosen likelier, the more so the higher the score.</summary>
    public void Learn(Tensor[] logits, Tensor[] chosen, double score)
    {
        var loss = logits.Select((z, k) => Loss(z, chosen[k], score)).Aggregate((a, b) => a + b);
        Learn(_optimizer, Grad.Of([loss], _optimizer.Values(), allowUnused: true), _lr);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _network.Dispose();
    }
}

using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

/// <summary>A network, its optimiser and one batch.</summary>
internal sealed class Bench : IDisposable
{
    public const int N = 8, Classes = 5;

    private readonly Method _method;
    private readonly Optimizer _optimizer;
    private readonly Tensor _x, _y, _samples;

    /// <param name="options">The method.</param>
    /// <param name="spareBanks">Batch-norm banks beyond those that the method needs.</param>
    /// <param name="watch">Wraps the stages of the network.</param>
    public Bench(MethodOptions options, int spareBanks = 0, Func<Stage, Stage>? watch = null)
    {
        using var scope = Scope.Enter();
        Network = Architectures.Fresh("tinycnn", Classes, method: options, spareBanks: spareBanks);
        if (watch is not null) Network = new Network(Network.Options, Network.Shape, Network.Root, Network.Stages.Select(watch));
        _method = options.Build(Network, [N, 3, 8, 8]);
        _method.Initialise(new Rng(2));
        _optimizer = new SgdOptions().Build(_method.Optimised(Network));
        (_x, _y, _samples) = (Architectures.Images(N, 8).Unscoped(), Architectures.Labels(N, Classes).Unscoped(), Ops.arange(N).Unscoped());
    }

    public Network Network { get; }

    /// <summary>What a step should move: the optimiser's parameters and every buffer.</summary>
    public IEnumerable<(string Name, Slot Slot)> Moved() =>
        _method.Optimised(Network).Where(p => Network.State.Contains(p)).Concat(Network.State.Where(s => !s.Slot.Learned));

    public Method Method => _method;

    /// <summary>What the steps of the last batch added up.</summary>
    public Tally Tally { get; private set; } = new();

    public double LabelSmoothing { get; init; }

    /// <summary>Share of the labels, where the rest belongs to the labels in reverse order.</summary>
    public double Share { get; init; } = 1;

    public double Lr { get; init; } = 0.1;

    /// <summary>The images, N x 3 x 8 x 8.</summary>
    public Tensor X => _x;

    public bool Watched { get; init; }

    /// <summary>The adversarial images of the last watched step, where the method tells them.</summary>
    public float[]? Attacked { get; private set; }

    /// <summary>The mean loss of the batch's updates.</summary>
    /// <param name="step">Keys the chance.</param>
    /// <param name="epoch">1-based.</param>
    /// <param name="notes">Gets the intermediate tensors; the caller frees them.</param>
    public double Step(int step, int epoch = 1, IDictionary<string, Tensor>? notes = null)
    {
        using var scope = Scope.Enter();
        var told = notes ?? new Dictionary<string, Tensor>();
        var lesson = new Lesson
        {
            X = _x,
            Y = _y,
            Draws = new Rng(5).Draw("method", _samples, step, DType.Float64),
            Network = Network,
            Optimizer = _optimizer,
            Lr = _ => Lr,
            Epoch = epoch,
            Epochs = 100,
            LabelSmoothing = LabelSmoothing,
            Mixture = Share < 1 ? new Mixture(_y.flip(0), Share) : null,
            Notes = Watched || notes is not null ? told : null,
            Counting = true,
        };
        _method.Step(lesson);
        Attacked = told.TryGetValue("x_adv", out var images) ? images.to(DType.Float32).ToArray<float>() : null;
        foreach (var note in notes is null ? told.Values : []) note.Dispose();
        Tally = lesson.Tally;
        return lesson.Tally.Loss / lesson.Tally.Images;
    }

    public void Dispose()
    {
        _method.Dispose();
        _optimizer.Dispose();
        Network.Dispose();
        foreach (var tensor in new[] { _x, _y, _samples }) tensor.Dispose();
    }
}

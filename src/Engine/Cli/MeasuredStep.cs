using System.Diagnostics;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary>Seconds of a step on the clock, and of all its threads on the processor: on a busy machine the second says more.</summary>
internal readonly record struct StepCost(double Wall, double Processor)
{
    public static StepCost Median(IReadOnlyCollection<StepCost> costs) => new(Middle(costs.Select(c => c.Wall)), Middle(costs.Select(c => c.Processor)));

    public static StepCost operator +(StepCost a, StepCost b) => new(a.Wall + b.Wall, a.Processor + b.Processor);

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Training steps of the engine's own network, method and optimiser on one random batch of CIFAR's size, ten classes.</summary>
internal sealed class MeasuredStep : IDisposable
{
    public const int Epochs = 100;

    private readonly Network _network;
    private readonly Method _method;
    private readonly Optimizer _optimizer;
    private readonly Tensor _x;
    private readonly Tensor _y;
    private readonly DType? _autocast;
    private readonly Device _device;
    private int _step;

    public MeasuredStep(ArchitectureOptions model, MethodOptions method, int batch, bool channelsLast = true, DType? autocast = null, Device device = default)
    {
        using var scope = Scope.Enter();
        (_autocast, _device) = (autocast, device);
        _network = model.Build(method.Fit(new NetShape(3, 10)));
        _network.Initialise(new Rng(0));
        _network.To(device, channelsLast: channelsLast);
        _method = method.Build(_network, [batch, 3, 32, 32]);
        _method.Initialise(new Rng(0));
        _optimizer = new SgdOptions().Build(_method.Optimised(_network));
        var draws = new Rng(0).Draw("bench", Ops.arange(batch, device: device), 0);
        var x = draws.Uniform("x", 0, 1, 3, 32, 32);
        _x = (channelsLast ? x.contiguous(MemoryFormat.ChannelsLast) : x).Unscoped();
        _y = draws.Integers("y", 0, 10).Unscoped();
    }

    /// <param name="epoch">Of <see cref="Epochs"/>; some methods change their ways.</param>
    public StepCost Take(int epoch = 1)
    {
        using var scope = Scope.Enter();
        var (start, spent) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        _method.Step(new Lesson
        {
            X = _x,
            Y = _y,
            Draws = new Rng(0).Draw("method", Ops.arange(_y.shape[0], device: _device), _step++),
            Network = _network,
            Optimizer = _optimizer,
            Lr = _ => 0.1,
            Epoch = epoch,
            Epochs = Epochs,
            Autocast = _autocast,
        });
        Libtorch.Synchronize(_device);
        return new StepCost(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - spent).TotalSeconds);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _method.Dispose();
        _network.Dispose();
        _x.Dispose();
        _y.Dispose();
    }
}

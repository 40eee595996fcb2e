using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Collects modules (in the order of PyTorch's state dict) and stages (in the order of the data) of one network.</summary>
internal sealed class Blueprint
{
    private readonly Trunk _root = new();
    private readonly List<Stage> _stages = [];
    private readonly string _kind;

    /// <summary>Starts with the stage "input", the normalisation.</summary>
    public Blueprint(string kind, NetShape shape)
    {
        (_kind, Shape) = (kind, shape);
        if ((shape.Mean is null) != (shape.Std is null) || (shape.Mean is { } m && (m.Count != shape.Channels || shape.Std!.Count != shape.Channels)))
            throw new ArgumentException($"normalisation wants {shape.Channels} means and standard deviations; got {shape.Mean?.Count ?? 0} and {shape.Std?.Count ?? 0}");
        if (shape is { Mean: { } mean, Std: { } std }) Stage("input", Add("input", new Normalise(mean, std)));
        else _stages.Add(new("input", (x, _) => x));
    }

    public NetShape Shape { get; }

    public T Add<T>(string name, T module)
        where T : Module => _root.Add(name, module);

    public void Stage(string name, params Module[] modules) =>
        _stages.Add(new(name, (x, pass) => modules.Aggregate(x, (z, module) => module.Forward(z, pass))));

    public Network Build() => new(_kind, Shape, _root, _stages);

    private sealed class Trunk : Module
    {
        public new T Add<T>(string name, T child)
            where T : Module => base.Add(name, child);

        public override Tensor Forward(Tensor x, Pass pass) => throw new NotSupportedException("a network runs stage by stage");
    }

    private sealed class Normalise : Module
    {
        private readonly Slot _mean;
        private readonly Slot _std;

        public Normalise(IReadOnlyList<double> mean, IReadOnlyList<double> std)
        {
            _mean = Constant("mean", mean, 1, mean.Count, 1, 1);
            _std = Constant("std", std, 1, std.Count, 1, 1);
        }

        public override Tensor Forward(Tensor x, Pass pass) => x.sub(_mean.Value).div(_std.Value);
    }
}

using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Collects modules (in the order of PyTorch's state dict) and stages (in the order of the data) of one network.</summary>
internal sealed class Blueprint
{
    /// <summary>Names of the first stages.</summary>
    public const string Input = "input", Stem = "stem";

    private readonly Trunk _root = new();
    private readonly List<Stage> _stages = [];
    private readonly List<AttributionPoint> _points = [];
    private readonly ArchitectureOptions _options;

    /// <summary>Starts with the stage "input", the normalisation.</summary>
    public Blueprint(ArchitectureOptions options, NetShape shape)
    {
        (_options, Shape) = (options, shape);
        if ((shape.Mean is null) != (shape.Std is null) || (shape.Mean is { } m && (m.Count != shape.Channels || shape.Std!.Count != shape.Channels)))
            throw new ArgumentException($"normalisation wants {shape.Channels} means and standard deviations; got {shape.Mean?.Count ?? 0} and {shape.Std?.Count ?? 0}");
        if (shape is { Mean: { } mean, Std: { } std }) Stage(Input, Add("input", new Normalise(mean, std)));
        else _stages.Add(new(Input, (x, _) => x));
    }

    public NetShape Shape { get; }

    public T Add<T>(string name, T module)
        where T : Module => _root.Add(name, module);

    public void Stage(string name, params Module[] modules) =>
        _stages.Add(new(name, (x, pass) => Sequence.Run(modules, x, pass)));

    /// <summary>A stage for each block, named as in <see cref="StageGroup"/>.</summary>
    public void Blocks(string name, IReadOnlyList<Module> blocks)
    {
        foreach (var (stage, block) in new StageGroup(name, blocks.Count).Stages.Zip(blocks)) Stage(stage, block);
    }

    /// <summary>A place for an attribution point, which stands there if the shape has that many; else the map passes unchanged.</summary>
    /// <param name="fromEnd">1 for the last place of the network, 2 for the one before. Places are named in network order.</param>
    /// <param name="channels">Channels of the map.</param>
    public Module Place(int fromEnd, long channels)
    {
        if (Shape.Heads is not { } heads || fromEnd > heads) return Apply.Nothing;
        _points.Add(new AttributionPoint(heads - fromEnd, channels, Shape.Classes));
        return _points[^1];
    }

    /// <exception cref="ArgumentException">The shape wants more attribution points than the architecture has places.</exception>
    public Network Build()
    {
        if (_points.Count != (Shape.Heads ?? 0))
            throw new ArgumentException($"{Kinds.Architectures.KindOf(_options)} has {_points.Count} places for attribution heads; {Shape.Heads} are wanted");
        for (var k = 0; k < _points.Count; k++) Add($"aux.{k}", _points[k]);
        foreach (var (name, module) in _root.Descendants().ToList())
        {
            if (module is not BatchNorm2d norm) continue;
            norm.Call(name);
            norm.Share(Shape.ShareAffine == true, Shape.ShareStats == true);
            if (Shape.Generators == true) norm.AddGenerator();
        }

        return new(_options, Shape, _root, _stages);
    }

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

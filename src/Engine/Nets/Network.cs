using System.Text.RegularExpressions;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>A named part of the forward computation.</summary>
public sealed record Stage(string Name, Func<Tensor, Pass, Tensor> Forward);

/// <summary>
/// A classifier: an ordered list of named stages over modules whose state carries PyTorch's names. Images are N x C x H x W in [0,1];
/// normalisation is the first stage, logits (N x classes) leave the last.
/// </summary>
public sealed partial class Network : IDisposable
{
    private readonly Dictionary<string, int> _order;
    private bool? _channelsLast;

    internal Network(ArchitectureOptions options, NetShape shape, Module root, IEnumerable<Stage> stages)
    {
        (Options, Shape, Root) = (options, shape, root);
        Stages = [.. stages];
        State = [.. root.State().Where(s => s.Slot.Stored)];
        DrawsInTraining = root.Descendants().Any(d => d.Module.IsRandom);
        _order = Stages.Select((s, i) => (s.Name, i)).ToDictionary(p => p.Name, p => p.i);
    }

    public ArchitectureOptions Options { get; }

    /// <summary>The architecture's kind in the catalog.</summary>
    public string Kind => Kinds.Architectures.KindOf(Options);

    public NetShape Shape { get; }

    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>Parameters and buffers in the order of PyTorch's state dict.</summary>
    public IReadOnlyList<(string Name, Slot Slot)> State { get; }

    /// <summary>The learned part of <see cref="State"/>.</summary>
    public IEnumerable<(string Name, Slot Slot)> Parameters => State.Where(s => s.Slot.Learned);

    /// <summary>Number of learned values.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Slot.Shape.Aggregate(1L, (a, b) => a * b));

    /// <summary>Whether two training passes of one batch may differ by chance: dropout, stochastic depth.</summary>
    public bool DrawsInTraining { get; }

    internal Module Root { get; }

    /// <summary>x: N x C x H x W in [0,1]; returns logits N x classes.</summary>
    public Tensor Forward(Tensor x, Pass pass) => Run(x, pass, 0, Stages.Count);

    /// <summary>Logits of the main head, then of the attribution heads, N x classes each, from one pass.</summary>
    public Tensor[] Heads(Tensor x, Pass pass)
    {
        var asides = new Asides();
        return [Forward(x, pass with { Asides = asides }), .. asides.Of("aux.")];
    }

    /// <summary>The map from the image to the output of the stage.</summary>
    public Func<Tensor, Pass, Tensor> Upto(string stage)
    {
        var end = Find(stage) + 1;
        return (x, pass) => Run(x, pass, 0, end);
    }

    /// <summary>The map from the output of the stage to the logits.</summary>
    public Func<Tensor, Pass, Tensor> From(string stage)
    {
        var start = Find(stage) + 1;
        return (z, pass) => Run(z, pass, start, Stages.Count);
    }

    /// <summary>The maps between neighbours: from the image to the first place, from each place to the next, from the last to the logits.</summary>
    /// <param name="places">Stages in the order of the data.</param>
    /// <exception cref="ArgumentException">A stage is not there, or not after the one before it.</exception>
    public IReadOnlyList<Func<Tensor, Pass, Tensor>> Cut(IReadOnlyList<string> places)
    {
        int[] ends = [0, .. places.Select(p => Find(p) + 1), Stages.Count];
        for (var k = 1; k <= places.Count; k++)
            if (ends[k] <= ends[k - 1]) throw new ArgumentException($"stage '{places[k - 1]}' does not lie behind '{places[k - 2]}' in {Kind}");
        return [.. Enumerable.Range(0, places.Count + 1).Select(k => (Func<Tensor, Pass, Tensor>)((x, pass) => Run(x, pass, ends[k], ends[k + 1])))];
    }

    /// <summary>
    /// A second network for the same images, on the same device, in the same type and layout, with one batch-norm bank; every value is
    /// at zero. It normalises its input where its options and this network do.
    /// </summary>
    /// <param name="options">Its architecture.</param>
    /// <param name="outputs">Number of its logits; the same where absent.</param>
    public Network Companion(ArchitectureOptions options, int? outputs = null)
    {
        var (mean, std) = options.Normalize ? (Shape.Mean, Shape.Std) : (null, null);
        var companion = options.Build(new NetShape(Shape.Channels, outputs ?? Shape.Classes, mean, std));
        var like = Parameters.First().Slot.Value;
        companion.To(like.device, like.dtype, _channelsLast);
        return companion;
    }

    /// <summary>Draws every parameter anew and resets the buffers; equal seeds give equal networks.</summary>
    /// <param name="rng">Chance.</param>
    /// <param name="stream">Names the network among several of one run.</param>
    public void Initialise(Rng rng, string stream = "init")
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var draws = rng.Draw(stream, 0);
        foreach (var (name, slot) in State)
        {
            long[] shape = [.. slot.Shape];
            slot.Value.copy_(slot.Init.Kind switch
            {
                InitKind.Uniform => draws.Uniform(name, -slot.Init.Scale, slot.Init.Scale, shape).squeeze(0),
                InitKind.Normal => draws.Normal(name, slot.Init.Scale, shape).squeeze(0),
                _ => Ops.full(shape, slot.Init.Scale),
            });
        }
    }

    /// <summary>Moves every value to a device, an element type (counters stay int64) or a memory layout.</summary>
    public void To(Device? device = null, DType? type = null, bool? channelsLast = null)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        _channelsLast = channelsLast ?? _channelsLast;
        foreach (var (_, slot) in Root.State())
        {
            var value = slot.As(device ?? slot.Value.device, type ?? slot.Value.dtype);
            if (channelsLast is { } last && value.dim() == 4) value = value.contiguous(last ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
            slot.Replace(value);
        }
    }

    /// <summary>Parameters and buffers by name; the tensors are the network's own.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors() => State.ToDictionary(s => s.Name, s => s.Slot.Value);

    /// <summary>The state of the plain network that one bank makes: the other banks and the generators of fusing weights are left out.</summary>
    /// <exception cref="ArgumentException">There is no such bank.</exception>
    public IReadOnlyDictionary<string, Tensor> Plain(int bank)
    {
        if (bank < 0 || bank >= Shape.Banks) throw new ArgumentException($"bank {bank} is not there; the network has banks 0 to {Shape.Banks - 1}");
        var all = Tensors();
        return State.Where(s => !s.Name.Contains(".aux_bn.", StringComparison.Ordinal) && !s.Name.Contains(".gen.", StringComparison.Ordinal))
            .ToDictionary(s => s.Name, s => bank > 0 && all.TryGetValue(Auxiliary(s.Name, bank), out var own) ? own : s.Slot.Value);
    }

    /// <summary>
    /// Copies values in by name. Auxiliary banks that the source lacks altogether are filled from bank 0, so that a plain checkpoint
    /// starts a network with several banks.
    /// </summary>
    /// <exception cref="ArgumentException">A name is missing or unknown, or a shape differs.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> source)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var plain = source.Keys.All(name => !name.Contains(".aux_bn.", StringComparison.Ordinal));
        var names = State.Select(s => s.Name).ToHashSet();
        // A counter of batches says the least about what does not fit.
        if (source.Keys.Where(name => !names.Contains(name)).OrderBy(name => name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"the weights hold '{unknown}', which {Kind} does not have");
        foreach (var (name, slot) in State)
        {
            var from = plain ? AuxiliaryName().Replace(name, ".") : name;
            if (!source.TryGetValue(from, out var value)) throw new ArgumentException($"the weights lack '{from}', which {Kind} needs");
            if (!value.shape.SequenceEqual(slot.Shape))
                throw new ArgumentException($"'{from}': got shape [{string.Join(", ", value.shape)}], {Kind} wants [{string.Join(", ", slot.Shape)}]");
            slot.Value.copy_(value);
        }
    }

    public void Dispose()
    {
        foreach (var (_, slot) in Root.State()) slot.Value.Dispose();
    }

    private static string Auxiliary(string name, int bank) => name.Insert(name.LastIndexOf('.'), $".aux_bn.{bank - 1}");

    [GeneratedRegex(@"\.aux_bn\.[0-9]+\.")]
    private static partial Regex AuxiliaryName();

    private Tensor Run(Tensor x, Pass pass, int start, int end)
    {
        for (var k = start; k < end; k++) x = Stages[k].Forward(x, pass);
        return x;
    }

    private int Find(string stage) => _order.TryGetValue(stage, out var k)
        ? k : throw new ArgumentException($"{Kind} has no stage '{stage}'; it has {string.Join(", ", Stages.Select(s => s.Name))}");
}

using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>A part of a network: parameters, buffers and children under PyTorch's names, in the order of its state dict.</summary>
public abstract class Module
{
    private readonly List<(string Name, Slot? Slot, Module? Child)> _members = [];

    /// <summary>The forward computation; shapes as the layer says.</summary>
    public abstract Tensor Forward(Tensor x, Pass pass);

    /// <summary>Whether its training passes draw from <see cref="Pass.Draws"/>.</summary>
    internal virtual bool IsRandom => false;

    /// <summary>Every parameter and buffer with its full name, parents before children.</summary>
    public IEnumerable<(string Name, Slot Slot)> State(string prefix = "")
    {
        foreach (var (name, slot, _) in _members)
            if (slot is not null) yield return (prefix + name, slot);
        foreach (var (name, _, child) in _members)
        {
            if (child is null) continue;
            foreach (var entry in child.State(name.Length == 0 ? prefix : prefix + name + ".")) yield return entry;
        }
    }

    /// <summary>Every module below with its full name, parents before children.</summary>
    internal IEnumerable<(string Name, Module Module)> Descendants(string prefix = "")
    {
        foreach (var (name, _, child) in _members)
        {
            if (child is null) continue;
            var own = name.Length == 0 ? prefix : $"{prefix}{name}.";
            yield return (own.TrimEnd('.'), child);
            foreach (var below in child.Descendants(own)) yield return below;
        }
    }

    protected Slot Parameter(string name, Init init, params long[] shape) => Keep(name, new Slot(init, learned: true, shape));

    protected Slot Buffer(string name, Init init, params long[] shape) => Keep(name, new Slot(init, learned: false, shape));

    /// <summary>A scalar int64 that counts from zero.</summary>
    protected Slot Counter(string name) => Keep(name, new Slot(Init.Zero, learned: false, [], DType.Int64));

    /// <summary>A fixed value that no checkpoint holds.</summary>
    protected Slot Constant(string name, IReadOnlyList<double> values, params long[] shape) => Keep(name, new Slot([.. values], shape));

    /// <summary>Registers a child; with an empty name its members stand under the parent's own names.</summary>
    protected T Add<T>(string name, T child)
        where T : Module
    {
        _members.Add((name, null, child));
        return child;
    }

    /// <summary>Takes parameters or buffers out of the state again and frees them.</summary>
    protected void Drop(params Slot[] slots)
    {
        _members.RemoveAll(m => m.Slot is { } slot && slots.Contains(slot));
        foreach (var slot in slots) slot.Value.Dispose();
    }

    private Slot Keep(string name, Slot slot)
    {
        _members.Add((name, slot, null));
        return slot;
    }
}

/// <summary>A module and a step after it that is not part of its state.</summary>
internal sealed class Followed : Module
{
    private readonly Module _first;
    private readonly Module _then;

    public Followed(Module first, Module then) => (_first, _then) = (Add("", first), then);

    public override Tensor Forward(Tensor x, Pass pass) => _then.Forward(_first.Forward(x, pass), pass);
}

/// <summary>A module that runs its children one after the other.</summary>
public sealed class Sequence : Module
{
    private readonly List<Module> _children = [];

    /// <summary>Children named 0, 1, 2, ...</summary>
    public Sequence(params IEnumerable<Module> children)
    {
        foreach (var child in children) _children.Add(Add(_children.Count.ToString(null, null), child));
    }

    /// <summary>Children under given names.</summary>
    public Sequence(params IEnumerable<(string Name, Module Child)> children)
    {
        foreach (var (name, child) in children) _children.Add(Add(name, child));
    }

    public override Tensor Forward(Tensor x, Pass pass) => Run(_children, x, pass);

    /// <summary>One module after the other; a batch norm behind a convolution may be folded into it.</summary>
    internal static Tensor Run(IReadOnlyList<Module> modules, Tensor x, Pass pass)
    {
        for (var k = 0; k < modules.Count; k++)
        {
            if (modules[k] is not Conv2d convolution || k + 1 == modules.Count || modules[k + 1] is not BatchNorm2d norm)
            {
                x = modules[k].Forward(x, pass);
                continue;
            }

            x = norm.After(convolution, x, pass);
            k++;
        }

        return x;
    }
}

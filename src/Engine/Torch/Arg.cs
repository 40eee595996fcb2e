namespace WebLab.Engine.Torch;

/// <summary>One argument of an operator. Everything an operator takes converts to it; null is None.</summary>
public readonly struct Arg
{
    internal readonly Tag Tag;
    internal readonly object? Object;
    internal readonly long Int;
    internal readonly double Double;

    private Arg(Tag tag, object? o = null, long i = 0, double d = 0)
    {
        Tag = tag;
        Object = o;
        Int = i;
        Double = d;
    }

    /// <summary>The schema's default.</summary>
    public static readonly Arg Default = new(Tag.Default);

    public static readonly Arg None = new(Tag.None);

    public static implicit operator Arg(Tensor? t) => t is null ? None : new(Tag.Tensor, t);
    public static implicit operator Arg(Tensor?[]? list) => list is null ? None : new(Tag.Tensors, list, list.Length);
    public static implicit operator Arg(long i) => new(Tag.Int, i: i);
    public static implicit operator Arg(int i) => new(Tag.Int, i: i);
    public static implicit operator Arg(long? i) => i is { } v ? new(Tag.Int, i: v) : None;
    public static implicit operator Arg(long[]? list) => list is null ? None : new(Tag.Ints, list, list.Length);
    public static implicit operator Arg(double d) => new(Tag.Double, d: d);
    public static implicit operator Arg(double? d) => d is { } v ? new(Tag.Double, d: v) : None;
    public static implicit operator Arg(double[]? list) => list is null ? None : new(Tag.Doubles, list, list.Length);
    public static implicit operator Arg(Scalar s) => new(s.Tag, i: s.Int, d: s.Double);
    public static implicit operator Arg(Scalar? s) => s is { } v ? v : None;
    public static implicit operator Arg(bool b) => new(Tag.Bool, i: b ? 1 : 0);
    public static implicit operator Arg(string? s) => s is null ? None : new(Tag.String, s, s.Length);
    public static implicit operator Arg(DType t) => new(Tag.Int, i: (long)t);
    public static implicit operator Arg(DType? t) => t is { } v ? new(Tag.Int, i: (long)v) : None;
    public static implicit operator Arg(MemoryFormat f) => new(Tag.Int, i: (long)f);
    public static implicit operator Arg(MemoryFormat? f) => f is { } v ? new(Tag.Int, i: (long)v) : None;
    public static implicit operator Arg(Device d) => new(Tag.Device, i: d.Packed);
    public static implicit operator Arg(Device? d) => d is { } v ? new(Tag.Device, i: v.Packed) : None;

    /// <summary>8-byte words that its list or text takes when laid out for C.</summary>
    internal int Words => Object is null || Tag == Tag.Tensor ? 0 : (int)Int;

    /// <summary>As an error shows it: `float32 [128, 3, 32, 32]`, `0.5`, `[1, 1]`.</summary>
    public override string ToString() => Tag switch
    {
        Tag.Tensor => ((Tensor)Object!).Describe(),
        Tag.Tensors => $"[{string.Join(", ", ((Tensor?[])Object!).Take(8).Select(t => t is null ? "None" : t.Describe()))}]",
        Tag.Int => $"{Int}",
        Tag.Ints => $"[{string.Join(", ", (long[])Object!)}]",
        Tag.Double => $"{Double}",
        Tag.Doubles => $"[{string.Join(", ", (double[])Object!)}]",
        Tag.Bool => Int != 0 ? "true" : "false",
        Tag.String => $"\"{Object}\"",
        Tag.Device => Device.Unpack((int)Int).ToString(),
        Tag.Default => "default",
        _ => "None",
    };
}

/// <summary>A number as libtorch's Scalar: an integer keeps an integer tensor's type, a double does not.</summary>
public readonly struct Scalar
{
    internal readonly Tag Tag;
    internal readonly long Int;
    internal readonly double Double;

    private Scalar(Tag tag, long i, double d)
    {
        Tag = tag;
        Int = i;
        Double = d;
    }

    public static implicit operator Scalar(int i) => new(Tag.Int, i, 0);
    public static implicit operator Scalar(long i) => new(Tag.Int, i, 0);
    public static implicit operator Scalar(double d) => new(Tag.Double, 0, d);
    public static implicit operator Scalar(bool b) => new(Tag.Bool, b ? 1 : 0, 0);
}

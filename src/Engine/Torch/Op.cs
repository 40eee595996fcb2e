using System.Collections.Concurrent;

namespace WebLab.Engine.Torch;

/// <summary>
/// An operator of libtorch's dispatcher, found once by name: `relu`, `add.Tensor`. Arguments are positional, in the
/// order of its schema (keyword-only ones follow); missing ones take the schema's defaults.
/// </summary>
internal sealed unsafe class Op
{
    private static readonly ConcurrentDictionary<string, Op> Known = new(StringComparer.Ordinal);

    /// <summary>Sees every operator that this thread runs; null: nobody looks.</summary>
    [ThreadStatic]
    internal static IOpWatch? Watch;

    private readonly nint handle;

    private Op(string name)
    {
        Name = name;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (plain, overload) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        Native.Check(Native.wl_find($"aten::{plain}", overload, out handle, out _));
    }

    public string Name { get; }

    public string Schema => Native.Text(Native.wl_schema(handle));

    /// <exception cref="TorchException">This libtorch has no such operator.</exception>
    public static Op Named(string name) => Known.TryGetValue(name, out var op) ? op : Known.GetOrAdd(name, n => new Op(n));

    /// <summary>The first result, which must be a tensor.</summary>
    public Tensor One(ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        var count = Invoke(args, &result, 1);
        return count == 1 ? Seen(args, TensorOf(result)) : throw new TorchException("returns nothing", call: Schema);
    }

    /// <summary>All results as tensors: of an operator that returns several, or a list.</summary>
    public Tensor[] Many(ReadOnlySpan<Arg> args)
    {
        const int Most = 8;
        var results = stackalloc NativeValue[Most];
        var count = Invoke(args, results, Most);
        if (count == 1 && results[0].Tag == Tag.Tensors)
        {
            var handles = (nint*)results[0].Pointer;
            var list = new Tensor[results[0].Count];
            for (var k = 0; k < list.Length; k++)
                list[k] = Seen(args, TensorOf(new NativeValue { Tag = Tag.Tensor, Pointer = handles[k] }));
            Native.wl_free_array((nint)handles);
            return list;
        }
        var tensors = new Tensor[count];
        for (var k = 0; k < count; k++)
            tensors[k] = Seen(args, TensorOf(results[k]));
        return tensors;
    }

    /// <summary>Runs an operator for its effect; results are dropped.</summary>
    public void Run(ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    /// <summary>The first result, which must be a number or a bool, as a long's bits or a double.</summary>
    public NativeValue Number(ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return result;
    }

    private Tensor Seen(ReadOnlySpan<Arg> args, Tensor result)
    {
        Watch?.Ran(Name, args, result);
        return result;
    }

    private Tensor TensorOf(in NativeValue value) => value.Tag == Tag.Tensor && value.Pointer != 0
        ? new Tensor(value.Pointer)
        : throw new TorchException($"returns {(value.Tag == Tag.Tensor ? "an undefined tensor" : value.Tag)}, want a tensor", call: Schema);

    private int Invoke(ReadOnlySpan<Arg> args, NativeValue* results, int capacity)
    {
        var words = 0;
        foreach (ref readonly var arg in args)
            words += arg.Words;
        var values = stackalloc NativeValue[args.Length];
        if (words > 512)
        {
            var rented = new long[words];
            fixed (long* room = rented)
                return Invoke(args, values, room, results, capacity);
        }
        var space = stackalloc long[words];
        return Invoke(args, values, space, results, capacity);
    }

    // room: one 8-byte word per list element or character.
    private int Invoke(ReadOnlySpan<Arg> args, NativeValue* values, long* room, NativeValue* results, int capacity)
    {
        for (var k = 0; k < args.Length; k++)
            room += Lay(in args[k], values + k, room);
        int count;
        var code = Native.wl_call(handle, values, args.Length, results, capacity, &count);
        foreach (ref readonly var arg in args)
            GC.KeepAlive(arg.Object);
        if (code == 0)
            return count;
        throw new TorchException(Native.Text(Native.wl_error()), code == 2, $"aten::{Name}({string.Join(", ", args.ToArray())})");
    }

    // Lays an argument out for C, lists into `room`; returns the words it took.
    private static int Lay(in Arg arg, NativeValue* to, long* room)
    {
        to->Tag = arg.Tag;
        to->Count = 0;
        switch (arg.Tag)
        {
            case Tag.Tensor:
                to->Pointer = ((Tensor)arg.Object!).Raw;
                return 0;
            case Tag.Double:
                to->Double = arg.Double;
                return 0;
            case Tag.Ints:
                var ints = (long[])arg.Object!;
                ints.CopyTo(new Span<long>(room, ints.Length));
                return List(to, room, ints.Length);
            case Tag.Doubles:
                var doubles = (double[])arg.Object!;
                doubles.CopyTo(new Span<double>(room, doubles.Length));
                return List(to, room, doubles.Length);
            case Tag.Tensors:
                var tensors = (Tensor?[])arg.Object!;
                for (var k = 0; k < tensors.Length; k++)
                    room[k] = tensors[k]?.Raw ?? 0;
                return List(to, room, tensors.Length);
            case Tag.String:
                var text = (string)arg.Object!;
                to->Pointer = (nint)room;
                to->Count = System.Text.Encoding.UTF8.GetBytes(text, new Span<byte>(room, text.Length * 8));
                return text.Length;
            default:
                to->Int = arg.Int;
                return 0;
        }
    }

    private static int List(NativeValue* to, long* room, int count)
    {
        to->Pointer = (nint)room;
        to->Count = count;
        return count;
    }
}

/// <summary>Looks on while operators run: how a network is written down as a graph.</summary>
internal interface IOpWatch
{
    /// <summary>An operator has run; one that returns several tensors tells each.</summary>
    void Ran(string op, ReadOnlySpan<Arg> args, Tensor result);
}

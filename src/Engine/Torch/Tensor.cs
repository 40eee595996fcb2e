using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace WebLab.Engine.Torch;

/// <summary>
/// A handle to a libtorch tensor. It belongs to the innermost <see cref="Scope"/> of the thread that created it.
/// Operators have PyTorch's names and argument order; an operator that ends in `_` changes its tensor and returns it.
/// </summary>
public sealed unsafe partial class Tensor : SafeHandle
{
    private static long live;

    private long[]? sizes;

    internal Tensor(nint raw) : base(0, ownsHandle: true)
    {
        SetHandle(raw);
        Interlocked.Increment(ref live);
        Scope.Take(this);
    }

    /// <summary>Handles that are alive in this process.</summary>
    public static long Live => Interlocked.Read(ref live);

    public override bool IsInvalid => handle == 0;

    internal Scope.Frame? Frame { get; set; }

    internal int Place { get; set; }

    /// <exception cref="ObjectDisposedException">Its scope has ended.</exception>
    internal nint Raw
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>A tensor with the array's numbers, row-major.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many numbers as the array.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params long[] shape) where T : unmanaged
    {
        var want = shape.Aggregate(1L, (a, b) => checked(a * b));
        if (want != values.Length || shape.Any(n => n < 0))
            throw new ArgumentException($"shape [{string.Join(", ", shape)}] holds {want} numbers, got {values.Length}", nameof(shape));
        nint made;
        fixed (T* data = values)
        fixed (long* dims = shape)
            Native.Check(Native.wl_from_copy(data, dims, shape.Length, (int)DTypes.Of<T>(), out made));
        return new Tensor(made);
    }

    /// <summary>A tensor with the array's numbers; one-dimensional when no shape is given.</summary>
    public static Tensor From<T>(T[] values, params long[] shape) where T : unmanaged =>
        From((ReadOnlySpan<T>)values, shape.Length == 0 && values.Length != 1 ? [values.Length] : shape);

    /// <summary>A tensor of no dimensions.</summary>
    public static Tensor Of<T>(T value) where T : unmanaged => From([value], []);

    /// <summary>A tensor over a part of a file, page by page as it is read. Writes into it stay in memory.</summary>
    /// <param name="path">The file; it must not shrink while the tensor, or a view of it, is alive.</param>
    /// <param name="offset">Bytes from the start of the file.</param>
    /// <param name="type">Element type; the file is little-endian.</param>
    /// <param name="shape">All sizes positive.</param>
    /// <exception cref="InvalidDataException">The file ends before the tensor does.</exception>
    public static Tensor Map(string path, long offset, DType type, params long[] shape)
    {
        var bytes = shape.Aggregate((long)type.Size(), (a, b) => checked(a * b));
        var length = new FileInfo(path).Length;
        if (offset < 0 || bytes <= 0 || offset > length - bytes)
            throw new InvalidDataException($"{path} has {length} bytes; {type} [{string.Join(", ", shape)}] at {offset} needs {bytes} more");
        var mapping = new Mapping(path, offset, bytes);
        var keep = GCHandle.Alloc(mapping);
        nint made;
        int code;
        fixed (long* dims = shape)
            code = Native.wl_from_memory(mapping.Address, dims, shape.Length, (int)type, &Unmap, GCHandle.ToIntPtr(keep), out made);
        if (code != 0)
            Release(keep);
        Native.Check(code);
        return new Tensor(made);
    }

    /// <summary>Sizes per dimension. Not to be written to.</summary>
    public long[] shape
    {
        get
        {
            if (sizes is not null)
                return sizes;
            var made = new long[dim()];
            fixed (long* to = made)
                Native.Check(Native.wl_sizes(Raw, to));
            GC.KeepAlive(this);
            return sizes = made;
        }
    }

    /// <summary>Elements to step over per dimension.</summary>
    public long[] stride()
    {
        var made = new long[dim()];
        fixed (long* to = made)
            Native.Check(Native.wl_strides(Raw, to));
        GC.KeepAlive(this);
        return made;
    }

    public int dim()
    {
        var n = Native.wl_dim(Raw);
        GC.KeepAlive(this);
        return n;
    }

    /// <summary>The size of one dimension; negative ones count from the end.</summary>
    public long size(int dimension) => shape[dimension < 0 ? shape.Length + dimension : dimension];

    public long numel()
    {
        var n = 1L;
        foreach (var size in shape)
            n *= size;
        return n;
    }

    public DType dtype
    {
        get
        {
            var type = (DType)Native.wl_dtype(Raw);
            GC.KeepAlive(this);
            return type;
        }
    }

    public Device device
    {
        get
        {
            var packed = Native.wl_device(Raw);
            GC.KeepAlive(this);
            return Device.Unpack(packed);
        }
    }

    /// <summary>The address of the first element; CPU tensors only, valid while the tensor is alive.</summary>
    public nint DataPointer()
    {
        Native.Check(Native.wl_data(Raw, out var address));
        GC.KeepAlive(this);
        return address;
    }

    /// <summary>The numbers themselves, to be written in place: a contiguous CPU tensor of T; valid while the tensor is alive.</summary>
    internal Span<T> InPlace<T>() where T : unmanaged => new((void*)DataPointer(), checked((int)numel()));

    public bool is_contiguous(MemoryFormat format = MemoryFormat.Contiguous)
    {
        var yes = Native.wl_is_contiguous(Raw, (int)format) != 0;
        GC.KeepAlive(this);
        return yes;
    }

    /// <summary>The one number, converted to T (a fraction is cut when T is an integer).</summary>
    /// <exception cref="InvalidOperationException">There is not exactly one number.</exception>
    public T item<T>() where T : unmanaged
    {
        if (numel() != 1)
            throw new InvalidOperationException($"item wants one number, got {Describe()}");
        T value;
        CopyTo(&value, sizeof(T), DTypes.Of<T>());
        return value;
    }

    /// <summary>All numbers, row-major, converted to T, from any device.</summary>
    public T[] ToArray<T>() where T : unmanaged
    {
        var values = new T[numel()];
        fixed (T* to = values)
            CopyTo(to, values.LongLength * sizeof(T), DTypes.Of<T>());
        return values;
    }

    /// <summary>Copies the raw little-endian bytes, row-major, from any device.</summary>
    public void CopyBytes(Span<byte> to)
    {
        fixed (byte* start = to)
            Native.Check(Native.wl_copy_out(Raw, start, to.Length));
        GC.KeepAlive(this);
    }

    /// <summary>The tensor itself, now owned by no scope: it lives until it is disposed or collected.</summary>
    public Tensor Unscoped()
    {
        Frame?.Give(this);
        return this;
    }

    /// <summary>A second handle to the same tensor, with a life of its own.</summary>
    public Tensor Share()
    {
        var second = new Tensor(Native.wl_share(Raw));
        GC.KeepAlive(this);
        return second;
    }

    /// <summary>As `float32 [2, 3]`, with the device when it is not the CPU.</summary>
    public string Describe()
    {
        if (IsClosed)
            return "a tensor whose scope has ended";
        var where = device == Device.Cpu ? "" : $" on {device}";
        return $"{dtype.ToString().ToLowerInvariant()} [{string.Join(", ", shape)}]{where}";
    }

    public override string ToString() => Describe();

    protected override bool ReleaseHandle()
    {
        Native.wl_free(handle);
        Interlocked.Decrement(ref live);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Frame?.Give(this);
        base.Dispose(disposing);
    }

    [UnmanagedCallersOnly]
    private static void Unmap(nint context) => Release(GCHandle.FromIntPtr(context));

    private static void Release(GCHandle keep)
    {
        ((Mapping)keep.Target!).Dispose();
        keep.Free();
    }

    private void CopyTo(void* to, long bytes, DType type)
    {
        if (dtype == type)
        {
            Native.Check(Native.wl_copy_out(Raw, to, bytes));
            GC.KeepAlive(this);
            return;
        }
        using var nograd = NoGrad.Enter();
        using var converted = this.to(type);
        Native.Check(Native.wl_copy_out(converted.Raw, to, bytes));
    }

    /// <summary>A private, copy-on-write mapping of a part of a file.</summary>
    private sealed class Mapping : IDisposable
    {
        private readonly MemoryMappedFile file;
        private readonly MemoryMappedViewAccessor view;

        public Mapping(string path, long offset, long bytes)
        {
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(offset, bytes, MemoryMappedFileAccess.CopyOnWrite);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            Address = start + view.PointerOffset;
        }

        public byte* Address { get; }

        public void Dispose()
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            file.Dispose();
        }
    }
}

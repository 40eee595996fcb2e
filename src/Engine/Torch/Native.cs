using System.Runtime.InteropServices;

namespace WebLab.Engine.Torch;

/// <summary>The functions of Native/torch.h, one to one.</summary>
internal static unsafe partial class Native
{
    private const string Library = "weblab_torch";

    [LibraryImport(Library)] internal static partial byte* wl_error();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int wl_find(string name, string overload, out nint op, out int arity);
    [LibraryImport(Library)] internal static partial byte* wl_schema(nint op);
    [LibraryImport(Library)]
    internal static partial int wl_call(nint op, NativeValue* args, int nargs, NativeValue* results, int capacity, int* count);
    [LibraryImport(Library)] internal static partial void wl_free_array(nint array);

    [LibraryImport(Library)] internal static partial void wl_free(nint t);
    [LibraryImport(Library)] internal static partial nint wl_share(nint t);
    [LibraryImport(Library)] internal static partial int wl_from_copy(void* data, long* sizes, int dim, int dtype, out nint t);
    [LibraryImport(Library)]
    internal static partial int wl_from_memory(
        void* data, long* sizes, int dim, int dtype, delegate* unmanaged<nint, void> release, nint context, out nint t);
    [LibraryImport(Library)] internal static partial int wl_copy_out(nint t, void* to, long bytes);
    [LibraryImport(Library)] internal static partial int wl_data(nint t, out nint data);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int wl_dim(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int wl_dtype(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int wl_device(nint t);
    [LibraryImport(Library)] internal static partial int wl_sizes(nint t, long* sizes);
    [LibraryImport(Library)] internal static partial int wl_strides(nint t, long* strides);
    [LibraryImport(Library)] internal static partial int wl_is_contiguous(nint t, int memoryFormat);

    [LibraryImport(Library)] internal static partial int wl_requires_grad(nint t);
    [LibraryImport(Library)] internal static partial int wl_set_requires_grad(nint t, int value);
    [LibraryImport(Library)] internal static partial int wl_is_leaf(nint t);
    [LibraryImport(Library)] internal static partial int wl_get_grad(nint t, out nint grad);
    [LibraryImport(Library)] internal static partial int wl_set_grad(nint t, nint grad);
    [LibraryImport(Library)] internal static partial int wl_backward(nint t, nint gradOutput, int retainGraph, int createGraph);
    [LibraryImport(Library)]
    internal static partial int wl_grad(
        nint* outputs, int noutputs, nint* inputs, int ninputs, nint* gradOutputs,
        int retainGraph, int createGraph, int allowUnused, nint* grads);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int wl_grad_mode(int enabled);
    [LibraryImport(Library)] internal static partial int wl_side_by_side(int parts, delegate* unmanaged<nint, int, void> part, nint context);
    [LibraryImport(Library)] internal static partial int wl_join(nint x, nint* xs, nint* zs, int parts, out nint joined);

    [LibraryImport(Library)] internal static partial byte* wl_version();
    [LibraryImport(Library)] internal static partial byte* wl_config();
    [LibraryImport(Library)] internal static partial int wl_set_threads(int n);
    [LibraryImport(Library)] internal static partial int wl_threads();
    [LibraryImport(Library)] internal static partial int wl_seed(ulong seed);
    [LibraryImport(Library)] internal static partial int wl_cuda_count();
    [LibraryImport(Library)] internal static partial int wl_cuda_name(int index, byte* name, int capacity);
    [LibraryImport(Library)] internal static partial int wl_cuda_memory(int index, out long free, out long total);
    [LibraryImport(Library)] internal static partial int wl_synchronize(int index);
    [LibraryImport(Library)]
    internal static partial int wl_autocast_enter(int device, int enabled, int dtype, out int wasEnabled, out int wasDType);
    [LibraryImport(Library)] internal static partial int wl_autocast_leave(int device, int wasEnabled, int wasDType);

    /// <summary>Throws what libtorch said when <paramref name="code"/> is not 0.</summary>
    internal static void Check(int code)
    {
        if (code != 0)
            throw new TorchException(Text(wl_error()), outOfMemory: code == 2);
    }

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";
}

/// <summary>wl_value: a tagged argument or result.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct NativeValue
{
    [FieldOffset(0)] public Tag Tag;
    [FieldOffset(4)] public int Count;
    [FieldOffset(8)] public long Int;
    [FieldOffset(8)] public double Double;
    [FieldOffset(8)] public nint Pointer;
}

/// <summary>The tags of wl_value.</summary>
internal enum Tag
{
    None = 0, Default = 1, Tensor = 2, Tensors = 3, Int = 4, Ints = 5,
    Double = 6, Doubles = 7, Bool = 8, Bools = 9, String = 10, Device = 11,
}

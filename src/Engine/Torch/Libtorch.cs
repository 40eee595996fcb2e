namespace WebLab.Engine.Torch;

/// <summary>The library itself: version, threads, devices, seeds.</summary>
public static unsafe class Libtorch
{
    /// <summary>As `1.13.0`, of the headers the shim was built against.</summary>
    public static string Version => Native.Text(Native.wl_version());

    /// <summary>libtorch's own account of its build and its thread pools.</summary>
    public static string Configuration => Native.Text(Native.wl_config());

    /// <summary>Threads one operator may use.</summary>
    public static int Threads => Native.wl_threads();

    /// <summary>CUDA devices that libtorch sees; 0 for a CPU build.</summary>
    public static int CudaCount => Native.wl_cuda_count();

    /// <summary>Sets the threads one operator may use, those of OpenBLAS too.</summary>
    public static void SetThreads(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        SideBySide.Rest();
        Native.Check(Native.wl_set_threads(n));
    }

    /// <summary>Seeds libtorch's own generators. The engine draws from Rng alone; this is for operators that draw by themselves.</summary>
    public static void Seed(ulong seed) => Native.Check(Native.wl_seed(seed));

    /// <summary>The operators that the engine calls, as `add.Tensor`.</summary>
    public static IReadOnlyList<string> Operators()
    {
        using var list = new StreamReader(typeof(Libtorch).Assembly.GetManifestResourceStream("operators.txt")!);
        return list.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Whether this libtorch has an operator, named as `add.Tensor`.</summary>
    public static bool Has(string op)
    {
        try
        {
            return Op.Named(op).Name == op;
        }
        catch (TorchException)
        {
            return false;
        }
    }

    /// <summary>As `NVIDIA H200`, from the CUDA driver.</summary>
    public static string CudaName(int index)
    {
        const int Room = 256;
        var name = stackalloc byte[Room];
        Native.Check(Native.wl_cuda_name(index, name, Room));
        return Native.Text(name);
    }

    /// <summary>Bytes free and in all on a CUDA device, from the CUDA driver.</summary>
    public static (long Free, long Total) CudaMemory(int index)
    {
        Native.Check(Native.wl_cuda_memory(index, out var free, out var total));
        return (free, total);
    }

    /// <summary>Waits until a device has done what it was given; nothing to wait for on the CPU.</summary>
    public static void Synchronize(Device device)
    {
        if (device.Kind == DeviceKind.Cuda)
            Native.Check(Native.wl_synchronize(device.Index));
    }
}

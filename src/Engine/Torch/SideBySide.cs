using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace WebLab.Engine.Torch;

/// <summary>
/// A batch of rows that know nothing of each other, computed in parts on several threads of the CPU. Operators on a few images share their
/// work badly over threads that meet after each one; parts meet once per pass.
/// </summary>
public static unsafe class SideBySide
{
    /// <summary>Parts of a pass, at most; 1 until <see cref="Share"/> is called.</summary>
    public static int Threads { get; private set; } = 1;

    /// <summary>Gives threads to parts of a pass instead of to operators, which then have one each; <see cref="Libtorch.SetThreads"/> takes them back.</summary>
    public static void Share(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Libtorch.SetThreads(1);
        Threads = threads;
    }

    /// <summary>The same function in parts, for tensors on the CPU. Gradients reach its argument alone, and have none themselves.</summary>
    /// <param name="f">Of N x ... to N x ..., row by row; it is called on several threads at once.</param>
    public static Func<Tensor, Tensor> Rows(Func<Tensor, Tensor> f) => x =>
        (int)Math.Min(Threads, x.shape[0]) is > 1 and var parts && x.device.Kind == DeviceKind.Cpu ? Run(f, x, parts) : f(x);

    internal static void Rest() => Threads = 1;

    private static Tensor Run(Func<Tensor, Tensor> f, Tensor x, int parts)
    {
        using var work = new Work(f, x, parts);
        var handle = GCHandle.Alloc(work);
        try
        {
            Native.Check(Native.wl_side_by_side(parts, &Part, GCHandle.ToIntPtr(handle)));
        }
        finally
        {
            handle.Free();
        }

        return work.Join();
    }

    [UnmanagedCallersOnly]
    private static void Part(nint work, int k) => ((Work)GCHandle.FromIntPtr(work).Target!).Do(k);

    private sealed class Work : IDisposable
    {
        private readonly Func<Tensor, Tensor> _f;
        private readonly Tensor _x;
        private readonly Tensor[] _from;
        private readonly Tensor?[] _to;
        private ExceptionDispatchInfo? _error;

        public Work(Func<Tensor, Tensor> f, Tensor x, int parts)
        {
            (_f, _x, _to) = (f, x, new Tensor?[parts]);
            var (plain, count) = (x.detach(), x.shape[0]);
            _from = [.. Enumerable.Range(0, parts).Select(k => plain.narrow(0, k * count / parts, ((k + 1) * count / parts) - (k * count / parts)).detach().requires_grad_(x.requires_grad))];
        }

        public void Do(int k)
        {
            try
            {
                using var scope = Scope.Enter();
                _to[k] = _f(_from[k]).Unscoped();
            }
            catch (Exception e)
            {
                _error = ExceptionDispatchInfo.Capture(e);
            }
        }

        public Tensor Join()
        {
            _error?.Throw();
            var (from, to) = (Array.ConvertAll(_from, t => t.Raw), Array.ConvertAll(_to, t => t!.Raw));
            nint joined;
            fixed (nint* xs = from, zs = to) Native.Check(Native.wl_join(_x.Raw, xs, zs, to.Length, out joined));
            GC.KeepAlive(this);
            return new Tensor(joined);
        }

        public void Dispose()
        {
            foreach (var part in _to) part?.Dispose();
        }
    }
}

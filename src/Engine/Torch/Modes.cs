namespace WebLab.Engine.Torch;

/// <summary>No graph is recorded on this thread from <see cref="Enter"/> to its end.</summary>
public readonly ref struct NoGrad
{
    private readonly int before;

    private NoGrad(int before) => this.before = before;

    public static NoGrad Enter() => new(Native.wl_grad_mode(0));

    public void Dispose() => Native.wl_grad_mode(before);
}

/// <summary>A graph is recorded on this thread again, inside a <see cref="NoGrad"/>.</summary>
public readonly ref struct WithGrad
{
    private readonly int before;

    private WithGrad(int before) => this.before = before;

    public static WithGrad Enter() => new(Native.wl_grad_mode(1));

    public void Dispose() => Native.wl_grad_mode(before);
}

/// <summary>Operators that libtorch lists as safe run in a lower precision on this thread from <see cref="Enter"/> to its end.</summary>
public readonly ref struct Autocast
{
    private readonly bool entered;
    private readonly DeviceKind device;
    private readonly int wasEnabled;
    private readonly int wasDType;

    private Autocast(DeviceKind device, bool enabled, DType type)
    {
        this.device = device;
        Native.Check(Native.wl_autocast_enter((int)device, enabled ? 1 : 0, (int)type, out wasEnabled, out wasDType));
        entered = true;
    }

    /// <param name="device">The device whose operators change.</param>
    /// <param name="type">BFloat16, or Float16 on CUDA.</param>
    /// <param name="enabled">False switches an outer autocast off.</param>
    public static Autocast Enter(DeviceKind device, DType type = DType.BFloat16, bool enabled = true) => new(device, enabled, type);

    public void Dispose()
    {
        if (entered)
            Native.Check(Native.wl_autocast_leave((int)device, wasEnabled, wasDType));
    }
}

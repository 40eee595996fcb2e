namespace WebLab.Engine.Torch;

/// <summary>Where a tensor lives: `cpu`, `cuda` (the current one) or `cuda:1`.</summary>
public readonly record struct Device(DeviceKind Kind, int Index = -1)
{
    public static readonly Device Cpu = new(DeviceKind.Cpu);

    public static Device Cuda(int index = 0) => new(DeviceKind.Cuda, index);

    /// <summary>Reads `cpu`, `cuda`, `cuda:N` or `auto` (the first CUDA device if there is one, else the CPU).</summary>
    /// <exception cref="FormatException">The text is none of these, or names a device that this machine lacks.</exception>
    public static Device Parse(string text)
    {
        if (text == "cpu")
            return Cpu;
        if (text == "auto")
            return Libtorch.CudaCount > 0 ? Cuda() : Cpu;
        var index = 0;
        if (text != "cuda" && !(text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(5), out index) && index >= 0))
            throw new FormatException($"device is \"{text}\"; write \"auto\", \"cpu\", \"cuda\" or \"cuda:0\"");
        if (index >= Libtorch.CudaCount)
            throw new FormatException($"device is \"{text}\", but this libtorch sees {Libtorch.CudaCount} CUDA devices; write \"auto\" or \"cpu\"");
        return Cuda(index);
    }

    public override string ToString() => Kind == DeviceKind.Cpu ? "cpu" : Index < 0 ? "cuda" : $"cuda:{Index}";

    internal long Packed => (long)Kind << 16 | (ushort)(short)Index;

    internal static Device Unpack(int packed) => new((DeviceKind)(packed >> 16), (short)(packed & 0xffff));
}

public enum DeviceKind
{
    Cpu = 0, Cuda = 1,
}

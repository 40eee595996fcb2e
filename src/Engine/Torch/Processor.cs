namespace WebLab.Engine.Torch;

/// <summary>The machine's processor, as Linux describes it.</summary>
/// <param name="Name">As `AMD EPYC 7763`.</param>
/// <param name="Cores">Cores this process may use.</param>
/// <param name="Features">Instruction sets, as `avx2`.</param>
public sealed record Processor(string Name, int Cores, IReadOnlySet<string> Features)
{
    /// <summary>The processor this process runs on.</summary>
    public static readonly Processor This = Read("/proc/cpuinfo");

    /// <summary>Whether bf16 products are done by the processor; elsewhere bf16 is emulated and slower than fp32.</summary>
    public bool HasBFloat16 => Features.Contains("avx512_bf16") || Features.Contains("amx_bf16") || Features.Contains("bf16");

    private static Processor Read(string path)
    {
        var lines = File.Exists(path) ? File.ReadLines(path).TakeWhile(line => line.Length > 0).ToArray() : [];
        var features = Value("flags") + " " + Value("Features");
        return new Processor(Value("model name") is { Length: > 0 } name ? name : "unknown", Environment.ProcessorCount, features.Split(' ').ToHashSet());

        string Value(string key) =>
            lines.FirstOrDefault(line => line.Split(':')[0].Trim() == key)?.Split(':', 2)[1].Trim() ?? "";
    }
}

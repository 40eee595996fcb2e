using System.CommandLine;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab doctor</c>: whether the engine's own needs are met, one line each; exit code 1 when one is not.</summary>
public static class Doctor
{
    public static Command Verb()
    {
        var verb = new Command("doctor", "Check libtorch, its operators, devices and threads.");
        verb.SetAction(_ => Look());
        return verb;
    }

    private static int Look()
    {
        var missing = NativeLibraries.Ours.Where(name => !Loads(name)).ToArray();
        if (missing.Contains("weblab_torch"))
            return 1;
        var operators = Libtorch.Operators();
        var unknown = operators.Where(op => !Libtorch.Has(op)).ToArray();
        Line("ok", "libtorch", $"{Libtorch.Version}, {Libtorch.Threads} threads");
        Line(unknown.Length == 0 ? "ok" : "missing", "operators", unknown.Length == 0 ? $"all {operators.Count}" : string.Join(", ", unknown));
        var processor = Processor.This;
        Line("ok", "processor", $"{processor.Name}, {processor.Cores} cores");
        Line(processor.HasBFloat16 ? "ok" : "note", "bf16 on the CPU", processor.HasBFloat16 ? "by the processor" : "emulated: slower than fp32 here");
        for (var index = 0; index < Libtorch.CudaCount; index++)
        {
            var (free, total) = Libtorch.CudaMemory(index);
            Line("ok", $"cuda:{index}", $"{Libtorch.CudaName(index)}, {Gibibytes(free)} of {Gibibytes(total)} GiB free");
        }
        if (Libtorch.CudaCount == 0)
            Line("note", "cuda", "this libtorch sees no CUDA device; training uses the CPU");
        return missing.Length + unknown.Length == 0 ? 0 : 1;
    }

    private static bool Loads(string name)
    {
        try
        {
            NativeLibraries.Load(name);
            Line("ok", $"lib{name}.so", "");
            return true;
        }
        catch (DllNotFoundException e)
        {
            Line("missing", $"lib{name}.so", e.Message);
            return false;
        }
    }

    private static string Gibibytes(long bytes) => (bytes / (double)(1 << 30)).ToString("0.0");

    private static void Line(string state, string what, string detail) => Console.WriteLine($"{state,-9} {what,-18} {detail}".TrimEnd());
}

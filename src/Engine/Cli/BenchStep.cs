using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary>
/// <c>weblab bench step</c>: a training step of ResNet-18 beside the same step written plainly in Python. The two take turns, so that
/// whatever else the machine does meets both alike.
/// </summary>
public static class BenchStep
{
    private const int WarmUp = 2;

    public static Command Verb()
    {
        var methods = new Option<string[]>("--methods") { Description = "standard, pgd-at.", DefaultValueFactory = _ => ["standard", "pgd-at"], AllowMultipleArgumentsPerToken = true };
        var batch = new Option<int>("--batch") { Description = "Images.", DefaultValueFactory = _ => 64 };
        var width = new Option<int>("--width") { Description = "Channels of the first group.", DefaultValueFactory = _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "Measured steps of each side.", DefaultValueFactory = _ => 7 };
        var threads = new Option<int>("--threads") { Description = "Compute threads of each side.", DefaultValueFactory = _ => 2 };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N, of each side.", DefaultValueFactory = _ => "cpu" };
        var channelsLast = new Option<bool>("--channels-last") { Description = "Our memory layout, as training.channelsLast.", DefaultValueFactory = _ => true };
        var python = new Option<string>("--python") { Description = "A Python that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
        var script = new Option<string>("--reference") { Description = "The Python step.", DefaultValueFactory = _ => "benchmarks/step/reference.py" };
        var target = new Option<string>("--out") { Description = "JSON file to write.", DefaultValueFactory = _ => "artifacts/bench/step.json" };
        var verb = new Command("step", "A training step beside the same step in Python.") { methods, batch, width, rounds, threads, device, channelsLast, python, script, target };
        verb.SetAction(parsed =>
        {
            var plan = new Plan(parsed.GetValue(batch), parsed.GetValue(width), parsed.GetValue(rounds), parsed.GetValue(threads), Device.Parse(parsed.GetValue(device)!), parsed.GetValue(channelsLast),
                parsed.GetValue(python)!, Path.GetFullPath(parsed.GetValue(script)!));
            if (!File.Exists(plan.Script))
            {
                Console.Error.WriteLine($"--reference: {plan.Script} is not there; run this at the root of the repository");
                return 66;
            }
            Report(plan, [.. parsed.GetValue(methods)!.SelectMany(m => Measure(plan, m))], parsed.GetValue(target)!);
            return 0;
        });
        return verb;
    }

    // fp32 against fp32. bf16 on a GPU against bf16 there; on a processor that multiplies bf16 against Python's fp32, which is its faster one.
    private static IEnumerable<Row> Measure(Plan plan, string method)
    {
        yield return Race(plan, method, "fp32", null);
        if (plan.HasBFloat16) yield return Race(plan, method, "bf16", DType.BFloat16);
    }

    private static Row Race(Plan plan, string method, string precision, DType? autocast)
    {
        Libtorch.SetThreads(plan.Threads);
        using var ours = new MeasuredStep(new ResNet18Options { Width = plan.Width }, Options(method), plan.Batch, plan.ChannelsLast, autocast, plan.Device);
        using var theirs = new PythonStep(plan, method, plan.OnGpu ? precision : "fp32");
        var (mine, other) = (new List<StepCost>(), new List<StepCost>());
        for (var round = -WarmUp; round < plan.Rounds; round++)
        {
            var (a, b) = (ours.Take(), theirs.Take());
            if (round < 0) continue;
            mine.Add(a);
            other.Add(b);
        }
        return new Row(method, precision, StepCost.Median(mine), StepCost.Median(other), mine, other, theirs.Version);
    }

    private static MethodOptions Options(string method) => method switch
    {
        "standard" => new StandardOptions(),
        "pgd-at" => new PgdAtOptions(),
        _ => throw new ArgumentException($"--methods: \"{method}\" is not one of standard, pgd-at"),
    };

    private static void Report(Plan plan, Row[] rows, string target)
    {
        Console.WriteLine($"ResNet-18 width {plan.Width}, batch {plan.Batch}, {plan.Threads} threads, {plan.Place}, median of {plan.Rounds} interleaved steps");
        Console.WriteLine($"{"",-21} {"seconds",-31} {"processor seconds",-31}");
        Console.WriteLine($"{"method",-10} {"precision",-10} {"WebLab",9} {"Python",9} {"ratio",6}  {"WebLab",9} {"Python",9} {"ratio",6}");
        foreach (var row in rows)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Method,-10} {row.Precision,-10} {row.Ours.Wall,9:0.0000} {row.Python.Wall,9:0.0000} {row.Ratio,6:0.00}  {row.Ours.Processor,9:0.0000} {row.Python.Processor,9:0.0000} {row.ProcessorRatio,6:0.00}"));
        if (!plan.HasBFloat16) Console.WriteLine("bf16: not measured, this processor has no bf16 instructions");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        using var file = File.Create(target);
        JsonSerializer.Serialize(file, new
        {
            at = TimeProvider.System.GetUtcNow(),
            machine = new { Processor.This.Name, Processor.This.Cores, bf16 = Processor.This.HasBFloat16 },
            device = plan.Place,
            libtorch = Libtorch.Version,
            plan.Batch, plan.Width, plan.Rounds, plan.Threads, plan.ChannelsLast, rows,
        }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
        Console.WriteLine($"written to {target}");
    }

    private sealed record Plan(int Batch, int Width, int Rounds, int Threads, Device Device, bool ChannelsLast, string Python, string Script)
    {
        public bool OnGpu => Device.Kind == DeviceKind.Cuda;

        public bool HasBFloat16 => OnGpu || Processor.This.HasBFloat16;

        public string Place => OnGpu ? Libtorch.CudaName(Math.Max(0, Device.Index)) : Processor.This.Name;
    }

    /// <summary>Ratios are Python's time over ours.</summary>
    private sealed record Row(
        string Method, string Precision, StepCost Ours, StepCost Python, IReadOnlyList<StepCost> OurSteps, IReadOnlyList<StepCost> PythonSteps, string PythonTorch)
    {
        public double Ratio => Python.Wall / Ours.Wall;

        public double ProcessorRatio => Python.Processor / Ours.Processor;
    }

    /// <summary>benchmarks/step/reference.py: a line in, a step, its two times out.</summary>
    private sealed class PythonStep : IDisposable
    {
        private readonly Process _process;

        public PythonStep(Plan plan, string method, string precision)
        {
            string[] arguments = [plan.Script, method, precision, $"{plan.Batch}", $"{plan.Width}", $"{plan.Threads}", plan.OnGpu ? "cuda" : "cpu"];
            _process = Process.Start(new ProcessStartInfo(plan.Python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Version = Line();
        }

        public string Version { get; }

        public StepCost Take()
        {
            _process.StandardInput.WriteLine();
            _process.StandardInput.Flush();
            var parts = Line().Split(' ');
            return new StepCost(double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private string Line() => _process.StandardOutput.ReadLine() ?? throw new IOException("the Python step ended; does --python have torch?");
    }
}

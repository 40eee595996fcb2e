using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

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
        var channelsLast = new Option<bool>("--channels-last") { Description = "Our memory layout, as training.channelsLast.", DefaultValueFactory = _ => true };
        var python = new Option<string>("--python") { Description = "A Python that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
        var script = new Option<string>("--reference") { Description = "The Python step.", DefaultValueFactory = _ => "benchmarks/step/reference.py" };
        var target = new Option<string>("--out") { Description = "JSON file to write.", DefaultValueFactory = _ => "artifacts/bench/step.json" };
        var verb = new Command("step", "A training step beside the same step in Python.") { methods, batch, width, rounds, threads, channelsLast, python, script, target };
        verb.SetAction(parsed =>
        {
            var plan = new Plan(parsed.GetValue(batch), parsed.GetValue(width), parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetValue(channelsLast),
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

    // fp32 against fp32; bf16 against Python's fp32 and only where the processor multiplies bf16.
    private static IEnumerable<Row> Measure(Plan plan, string method)
    {
        yield return Race(plan, method, "fp32", null);
        if (Processor.This.HasBFloat16) yield return Race(plan, method, "bf16", DType.BFloat16);
    }

    private static Row Race(Plan plan, string method, string precision, DType? autocast)
    {
        Libtorch.SetThreads(plan.Threads);
        using var ours = new OurStep(plan, method, autocast);
        using var theirs = new PythonStep(plan, method);
        var (mine, other) = (new List<Cost>(), new List<Cost>());
        for (var round = -WarmUp; round < plan.Rounds; round++)
        {
            var (a, b) = (ours.Take(), theirs.Take());
            if (round < 0) continue;
            mine.Add(a);
            other.Add(b);
        }
        return new Row(method, precision, Median(mine), Median(other), mine, other, theirs.Version);
    }

    private static void Report(Plan plan, Row[] rows, string target)
    {
        Console.WriteLine($"ResNet-18 width {plan.Width}, batch {plan.Batch}, {plan.Threads} threads, median of {plan.Rounds} interleaved steps, {Processor.This.Name}");
        Console.WriteLine($"{"",-21} {"seconds",-31} {"processor seconds",-31}");
        Console.WriteLine($"{"method",-10} {"precision",-10} {"WebLab",9} {"Python fp32",13} {"ratio",6}  {"WebLab",9} {"Python fp32",13} {"ratio",6}");
        foreach (var row in rows)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Method,-10} {row.Precision,-10} {row.Ours.Wall,9:0.000} {row.Python.Wall,13:0.000} {row.Ratio,6:0.00}  {row.Ours.Processor,9:0.000} {row.Python.Processor,13:0.000} {row.ProcessorRatio,6:0.00}"));
        if (!Processor.This.HasBFloat16) Console.WriteLine("bf16: not measured, this processor has no bf16 instructions");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        using var file = File.Create(target);
        JsonSerializer.Serialize(file, new
        {
            at = TimeProvider.System.GetUtcNow(),
            machine = new { Processor.This.Name, Processor.This.Cores, bf16 = Processor.This.HasBFloat16 },
            libtorch = Libtorch.Version,
            plan.Batch, plan.Width, plan.Rounds, plan.Threads, plan.ChannelsLast, rows,
        }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
        Console.WriteLine($"written to {target}");
    }

    private static Cost Median(List<Cost> costs) => new(Median(costs.Select(c => c.Wall)), Median(costs.Select(c => c.Processor)));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record Plan(int Batch, int Width, int Rounds, int Threads, bool ChannelsLast, string Python, string Script);

    /// <summary>Seconds of a step on the clock, and of all its threads on the processor: on a busy machine the second says more.</summary>
    private readonly record struct Cost(double Wall, double Processor);

    /// <summary>Ratios are Python's fp32 time over ours.</summary>
    private sealed record Row(
        string Method, string Precision, Cost Ours, Cost Python, IReadOnlyList<Cost> OurSteps, IReadOnlyList<Cost> PythonSteps, string PythonTorch)
    {
        public double Ratio => Python.Wall / Ours.Wall;

        public double ProcessorRatio => Python.Processor / Ours.Processor;
    }

    /// <summary>The engine's own network, method and optimiser on a fixed batch.</summary>
    private sealed class OurStep : IDisposable
    {
        private readonly Network _network;
        private readonly Method _method;
        private readonly Optimizer _optimizer;
        private readonly Tensor _x;
        private readonly Tensor _y;
        private readonly DType? _autocast;
        private int _step;

        public OurStep(Plan plan, string method, DType? autocast)
        {
            using var scope = Scope.Enter();
            _autocast = autocast;
            _network = new ResNet18Options { Width = plan.Width }.Build(new NetShape(3, 10));
            _network.Initialise(new Rng(0));
            _network.To(channelsLast: plan.ChannelsLast);
            MethodOptions options = method switch
            {
                "standard" => new StandardOptions(),
                "pgd-at" => new PgdAtOptions(),
                _ => throw new ArgumentException($"--methods: \"{method}\" is not one of standard, pgd-at"),
            };
            _method = options.Build(_network, [plan.Batch, 3, 32, 32]);
            _optimizer = new SgdOptions().Build(_network.Parameters);
            var draws = new Rng(0).Draw("bench", Ops.arange(plan.Batch), 0);
            var x = draws.Uniform("x", 0, 1, 3, 32, 32);
            _x = (plan.ChannelsLast ? x.contiguous(MemoryFormat.ChannelsLast) : x).Unscoped();
            _y = draws.Integers("y", 0, 10).Unscoped();
        }

        public Cost Take()
        {
            using var scope = Scope.Enter();
            var (start, spent) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            _method.Step(new Lesson
            {
                X = _x,
                Y = _y,
                Draws = new Rng(0).Draw("method", Ops.arange(_y.shape[0]), _step++),
                Network = _network,
                Optimizer = _optimizer,
                Lr = _ => 0.1,
                Autocast = _autocast,
            });
            return new Cost(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - spent).TotalSeconds);
        }

        public void Dispose()
        {
            _optimizer.Dispose();
            _method.Dispose();
            _network.Dispose();
            _x.Dispose();
            _y.Dispose();
        }
    }

    /// <summary>benchmarks/step/reference.py: a line in, a step, its two times out.</summary>
    private sealed class PythonStep : IDisposable
    {
        private readonly Process _process;

        public PythonStep(Plan plan, string method)
        {
            string[] arguments = [plan.Script, method, "fp32", $"{plan.Batch}", $"{plan.Width}", $"{plan.Threads}"];
            _process = Process.Start(new ProcessStartInfo(plan.Python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Version = Line();
        }

        public string Version { get; }

        public Cost Take()
        {
            _process.StandardInput.WriteLine();
            _process.StandardInput.Flush();
            var parts = Line().Split(' ');
            return new Cost(double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
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

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary>
/// <c>weblab bench attacks</c>: evaluations of a trained network beside the same attacks as plain loops in Python. The two take turns on
/// the same images.
/// </summary>
public static class BenchAttacks
{
    private static readonly Dictionary<string, AttackOptions> attacks = new()
    {
        ["pgd20"] = new PgdOptions { Steps = 20 },
        ["apgd"] = new ApgdOptions(),
        ["apgd-t"] = new TargetedApgdOptions(),
        ["fab-t"] = new TargetedFabOptions(),
        ["square"] = new SquareOptions(),
        ["autoattack"] = new AutoAttackOptions(),
    };

    public static System.CommandLine.Command Verb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint: ResNet-18 (CIFAR stem) or SmallCNN." };
        var dataset = new Option<string>("--dataset") { Description = "Id of the data set.", DefaultValueFactory = _ => "cifar10" };
        var names = new Option<string[]>("--attacks") { Description = $"{string.Join(", ", attacks.Keys)}.", DefaultValueFactory = _ => ["pgd20", "apgd"], AllowMultipleArgumentsPerToken = true };
        var images = new Option<int>("--images") { Description = "Test images.", DefaultValueFactory = _ => 256 };
        var batch = new Option<int>("--batch") { Description = "Images attacked at once.", DefaultValueFactory = _ => 128 };
        var rounds = new Option<int>("--rounds") { Description = "Evaluations of each side.", DefaultValueFactory = _ => 3 };
        var precision = new Option<Precision>("--precision") { Description = "Of our search.", DefaultValueFactory = _ => Precision.Fp32 };
        var python = new Option<string>("--python") { Description = "A Python that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
        var script = new Option<string>("--reference") { Description = "The Python loops.", DefaultValueFactory = _ => "benchmarks/attacks/reference.py" };
        var (data, threads) = (Shared.DataOption(), Shared.ThreadsOption());
        var verb = new System.CommandLine.Command("attacks", "Attacks beside the same attacks in Python.") { checkpoint, dataset, names, images, batch, rounds, precision, data, threads, python, script };
        verb.SetAction(parsed =>
        {
            var plan = new Plan(Path.GetFullPath(parsed.GetValue(checkpoint)!), parsed.GetValue(dataset)!, parsed.GetValue(images), parsed.GetValue(batch),
                parsed.GetValue(precision), Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(threads));
            if (parsed.GetValue(names)!.FirstOrDefault(n => !attacks.ContainsKey(n)) is { } unknown)
            {
                Console.Error.WriteLine($"--attacks: got {unknown}, wanted some of {string.Join(", ", attacks.Keys)}");
                return 64;
            }

            using var bench = new Race(plan, parsed.GetValue(python)!, Path.GetFullPath(parsed.GetValue(script)!));
            bench.Tell();
            foreach (var name in parsed.GetValue(names)!) Report(name, bench.Run(name, parsed.GetValue(rounds)), plan.Images);
            return 0;
        });
        return verb;
    }

    private static void Report(string name, IReadOnlyList<(Cost Ours, Cost Python)> rounds, int images)
    {
        double Middle(Func<(Cost Ours, Cost Python), double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);
        var (ours, python) = rounds[^1];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {1000 * Middle(r => r.Ours.Seconds) / images:0.0} | {1000 * Middle(r => r.Python.Seconds) / images:0.0} | {Middle(r => r.Python.Seconds / r.Ours.Seconds):0.00} | {Middle(r => r.Python.Processor / r.Ours.Processor):0.00} | {ours.Forward} + {ours.Backward} | {python.Forward} + {python.Backward} | {Middle(r => r.Ours.Mebibytes):0} | {Middle(r => r.Python.Mebibytes):0} | {ours.Left} | {python.Left} | {rounds.Count} |"));
    }

    private sealed record Plan(string Checkpoint, string Data, int Images, int Batch, Precision Precision, string Folder, int Threads);

    /// <param name="Processor">Seconds of processor time, which other work on the machine hardly changes.</param>
    /// <param name="Mebibytes">Of the process at its peak, above what it held before the attack.</param>
    /// <param name="Left">Images that no attack broke.</param>
    private sealed record Cost(double Seconds, double Processor, double Mebibytes, long Forward, long Backward, long Left);

    private sealed class Race : IDisposable
    {
        private readonly Plan _plan;
        private readonly string _folder = Directory.CreateTempSubdirectory("weblab-bench-").FullName;
        private readonly Process _python;
        private readonly string _version;

        public Race(Plan plan, string python, string script)
        {
            _plan = plan;
            var (weights, batch) = (Path.Combine(_folder, "weights.safetensors"), Path.Combine(_folder, "batch.safetensors"));
            PlainWeights.Export(plan.Checkpoint, weights);
            using var scope = Scope.Enter();
            using (var subject = new Subject(plan.Folder, Request("pgd20"), Device.Cpu))
            {
                var (x, y) = subject.Read([.. subject.Batches.SelectMany(b => b)]);
                Safetensors.Write(batch, new Dictionary<string, Tensor> { ["x"] = x.contiguous(), ["y"] = y });
            }

            var start = new ProcessStartInfo(python, [script, weights, batch, $"{plan.Threads}"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            start.Environment["OMP_WAIT_POLICY"] = "passive";
            _python = Process.Start(start)!;
            _version = Line();
        }

        public void Tell()
        {
            using var model = TrainedModel.Open(_plan.Checkpoint, Device.Cpu);
            Console.WriteLine($"{model.Manifest.Model.GetRawText()}, {_plan.Images} test images, batches of {_plan.Batch}, {_plan.Threads} threads, {_plan.Precision.ToString().ToLowerInvariant()}; {Processor.This.Name}; libtorch {Libtorch.Version}, Python's torch {_version}");
            Console.WriteLine("| attack | ms per image | Python's | ratio | of processor time | passes, forward + backward | Python's | MiB | Python's | images left | Python's | n |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        }

        public IReadOnlyList<(Cost Ours, Cost Python)> Run(string name, int rounds) => [.. Enumerable.Range(0, rounds).Select(k => (Ours(name, k), Theirs(name)))];

        public void Dispose()
        {
            _python.StandardInput.Close();
            _python.WaitForExit();
            _python.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private EvaluationRequest Request(string name) => new()
        {
            Checkpoint = _plan.Checkpoint, Data = _plan.Data, Limit = _plan.Images, BatchSize = _plan.Batch, Device = "cpu", Attacks = [attacks[name]], Precision = _plan.Precision, KeepImages = 0, LintImages = 0,
        };

        private Cost Ours(string name, int round)
        {
            var folder = new JobFolder(Path.Combine(_folder, $"{name}-{round}"));
            Directory.CreateDirectory(folder.Path);
            Request(name).Write(folder.Request);
            var (held, spent) = (0.0, TimeSpan.Zero);
            var code = LocalJob.Run(folder, new JobSpec("evaluate", _plan.Threads, _plan.Folder), e =>
            {
                if (e is AttackResult { Attack: "clean" }) (held, spent) = (Memory.Reset(), Environment.CpuUsage.TotalTime);
            });
            if (code != ExitCode.Done) throw new InvalidOperationException($"the evaluation ended with code {code}: {folder.Path}");
            spent = Environment.CpuUsage.TotalTime - spent;
            var (peak, results) = (Memory.Peak(), JobJson.Read<EvaluationResults>(Path.Combine(folder.Path, "results.json")));
            return new Cost(results.Attacks.Sum(a => a.Seconds), spent.TotalSeconds, peak - held, results.Attacks.Sum(a => a.Forward), results.Attacks.Sum(a => a.Backward), results.WorstCase!.Right);
        }

        private Cost Theirs(string name)
        {
            _python.StandardInput.WriteLine($"{name} {_plan.Batch}");
            _python.StandardInput.Flush();
            double[] numbers = [.. Line().Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
            return new Cost(numbers[0], numbers[1], numbers[2], (long)numbers[3], (long)numbers[4], (long)numbers[5]);
        }

        private string Line() => _python.StandardOutput.ReadLine() ?? throw new IOException("the Python loops ended; does --python have torch?");
    }

    /// <summary>Resident memory of this process by Linux's own count, MiB.</summary>
    private static class Memory
    {
        /// <summary>Forgets the peak so far; returns what is held now.</summary>
        public static double Reset()
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return Of("VmRSS:");
        }

        public static double Peak() => Of("VmHWM:");

        private static double Of(string field) =>
            double.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}

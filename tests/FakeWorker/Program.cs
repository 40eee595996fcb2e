using System.Runtime.InteropServices;
using System.Text.Json;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;

// FakeWorker work FOLDER --attempt N: keeps the protocol of a worker over real files without training anything.
if (args is not ["work", var folder, "--attempt", var number]) return 64;
var job = new JobFolder(folder);
var attempt = job.Attempt(int.Parse(number));
var request = File.Exists(job.Recipe) ? job.Recipe : job.Request;
var script = Script.Read(File.ReadAllBytes(request));
if (script.ExitAtOnce is { } code) return code;
using var outbox = new Outbox(attempt, TimeProvider.System);
using var control = new Control(attempt, TimeProvider.System);
return new Play(job, attempt, script, outbox, control).Run();

namespace WebLab.FakeWorker
{
    /// <summary>What the fake is to do; stands in the place of a recipe.</summary>
    /// <param name="StepMs">How long a step takes.</param>
    /// <param name="DieAtStep">Ends by SIGKILL before this step, on the attempts listed.</param>
    /// <param name="HangAtStep">Beats on but makes no step any more, on the attempts listed.</param>
    /// <param name="Deaf">Heeds no command.</param>
    /// <param name="Fail">Failure code to end with after the first epoch.</param>
    public sealed record Script(int Epochs = 2, int StepsPerEpoch = 4, int StepMs = 5, int? DieAtStep = null, int? HangAtStep = null, int[]? OnAttempts = null,
        bool Deaf = false, string? Fail = null, int? ExitAtOnce = null, int Signal = 9)
    {
        /// <summary>A script, or a real recipe: then so many epochs, played slowly enough to be watched; seed 13 brings bad luck.</summary>
        public static Script Read(byte[] json)
        {
            using var request = JsonDocument.Parse(json);
            if (!request.RootElement.TryGetProperty("training", out var training)) return JsonSerializer.Deserialize<Script>(json, JobJson.Options)!;
            var unlucky = request.RootElement.TryGetProperty("seed", out var seed) && seed.GetInt64() == 13;
            return new Script(Epochs: training.GetProperty("epochs").GetInt32(), StepMs: 100, Fail: unlucky ? FailureCode.NanLoss : null);
        }
    }

    public sealed class Play(JobFolder job, AttemptFolder attempt, Script script, Outbox outbox, Control control)
    {
        private readonly ManualResetEventSlim _never = new();
        private string Saved => Path.Combine(job.Path, "saved.txt");

        public int Run()
        {
            var step = File.Exists(Saved) ? int.Parse(File.ReadAllText(Saved)) : 0;
            outbox.Append(new AttemptStarted(Environment.ProcessId, "cpu", "fake", 1, "fp32", "none", "0", step > 0 ? $"s{step}" : null));
            var steps = script.Epochs * script.StepsPerEpoch;
            while (step < steps)
            {
                if (Struck(script.DieAtStep, step)) Kill(Environment.ProcessId, script.Signal);
                if (Struck(script.HangAtStep, step)) _never.Wait();
                _never.Wait(script.StepMs);
                if (!Counts()) return End("cancelled");
                step++;
                var epoch = (step - 1) / script.StepsPerEpoch + 1;
                outbox.Append(new StepProgress(epoch, script.Epochs, step, steps, 1.0 / step, 0.1, 100, 0));
                outbox.Append(new MetricsPoint(step, epoch, new Dictionary<string, double> { ["train.loss"] = 1.0 / step }));
                if (step % script.StepsPerEpoch == 0) EndEpoch(epoch, step);
                if (control.Wish == Wish.Pause && !script.Deaf)
                {
                    Save(step);
                    return End("paused");
                }
                if (script.Fail is { } failure && epoch > 1)
                {
                    Console.Error.WriteLine($"the last line before {failure}");
                    outbox.Append(new Failed(failure, $"It ended in {failure}.", null));
                    return ExitCode.Of(failure);
                }
            }
            return End("completed");
        }

        private void EndEpoch(int epoch, int step)
        {
            var robust = Math.Min(0.9, 0.1 * epoch);
            outbox.Append(new EpochCompleted(epoch, script.Epochs, step, 1, 100, new Dictionary<string, double> { ["train.loss"] = 1.0 / step, ["lr"] = 0.1 }));
            outbox.Append(new ProbeCompleted(epoch, step, 10, 0.1, new Dictionary<string, double> { ["probe.clean"] = 0.9, ["probe.pgd10"] = robust }));
            Save(step);
            var name = $"e{epoch:000}-s{step:00000000}";
            var folder = Path.Combine(job.Checkpoints, name);
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "weights.safetensors"), name);
            outbox.Append(new CheckpointSaved(name, epoch, step, name.Length, "00", ["last", "best-robust"]));
        }

        private bool Struck(int? at, int step) => at == step && (script.OnAttempts?.Contains(attempt.Number) ?? true);

        private bool Counts()
        {
            try
            {
                control.Step();
                return true;
            }
            catch (JobCancelled)
            {
                return script.Deaf;
            }
        }

        private void Save(int step) => Durable.Replace(Saved, System.Text.Encoding.ASCII.GetBytes($"{step}"));

        private int End(string outcome)
        {
            outbox.Append(new Finished(outcome, new Dictionary<string, double> { ["probe.clean"] = 0.9 }));
            return 0;
        }

        // The runtime swallows a SIGABRT that only comes from kill.
        private static void Kill(int pid, int signal)
        {
            if (signal == 6) abort();
            _ = kill(pid, signal);
        }

        [DllImport("libc")]
        private static extern void abort();

        [DllImport("libc")]
        private static extern int kill(int pid, int signal);
    }
}

using System.CommandLine;
using System.Diagnostics;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab bench binding</c>: what a call into libtorch and a batch of random numbers cost.</summary>
public static class BenchBinding
{
    private const int Rounds = 9;

    public static Command Verb()
    {
        var verb = new Command("binding", "Cost of one small operator and of noise for a batch of 128 x 3 x 32 x 32.");
        verb.SetAction(_ =>
        {
            Libtorch.SetThreads(Processor.This.Cores);
            using var scope = Scope.Enter();
            using var nograd = NoGrad.Enter();
            var (a, b) = (Ops.ones([4]), Ops.ones([4]));
            var samples = Ops.arange(128);
            var rng = new Rng(0);
            Report("add of 4 numbers", "us", 1e6 / 100_000, () => Repeat(100_000, () => a.add(b)));
            Report("add_ of 4 numbers", "us", 1e6 / 100_000, () => Repeat(100_000, () => a.add_(b)));
            Report("uniform noise", "ms", 1e3, () => Repeat(1, () => rng.Draw("bench", samples, 0).Uniform("noise", -1, 1, 3, 32, 32)));
            Report("normal noise", "ms", 1e3, () => Repeat(1, () => rng.Draw("bench", samples, 0).Normal("noise", 1, 3, 32, 32)));
            Report("words by operators", "ms", 1e3, () => Repeat(1, () => Philox.ByOperators(1, samples, 0, 3 * 32 * 32)));
            Report("words by plain code", "ms", 1e3, () => Repeat(1, () => Philox.OnCpu(1, samples, 0, 3 * 32 * 32)));
        });
        return verb;
    }

    private static void Repeat(int times, Func<Tensor> body)
    {
        for (var k = 0; k < times; k += 1000)
        {
            using var scope = Scope.Enter();
            for (var j = 0; j < Math.Min(1000, times); j++)
                body();
        }
    }

    private static void Report(string what, string unit, double factor, Action body)
    {
        body();
        var times = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            body();
            times[round] = Stopwatch.GetElapsedTime(start).TotalSeconds * factor;
        }
        Array.Sort(times);
        Console.WriteLine($"{what,-20} {times[Rounds / 2],8:0.00} {unit} (median of {Rounds}; fastest {times[0]:0.00})");
    }
}

using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab bench augment</c>: what every augmentation costs on a batch. Processor time, since a busy machine says little by the clock.</summary>
public static class BenchAugment
{
    public static Command Verb()
    {
        var batch = new Option<int>("--batch") { Description = "Images.", DefaultValueFactory = _ => 128 };
        var side = new Option<int>("--side") { Description = "Pixels of a side.", DefaultValueFactory = _ => 32 };
        var rounds = new Option<int>("--rounds") { Description = "Measured batches of each.", DefaultValueFactory = _ => 21 };
        var threads = new Option<int>("--threads") { Description = "Compute threads.", DefaultValueFactory = _ => 1 };
        var verb = new Command("augment", "Processor time of every augmentation on a batch.") { batch, side, rounds, threads };
        verb.SetAction(parsed =>
        {
            Libtorch.SetThreads(parsed.GetValue(threads));
            using var scope = Scope.Enter();
            var (n, width) = (parsed.GetValue(batch), parsed.GetValue(side));
            var samples = Ops.arange(n);
            // On the 8-bit grid, as images come.
            var x = (new Rng(0).Draw("bench", samples, 0).Uniform("x", 0, 1, 3, width, width) * 255).round() / 255;
            Console.WriteLine($"{n} x 3 x {width} x {width}, {parsed.GetValue(threads)} threads, median of {parsed.GetValue(rounds)}, {Processor.This.Name}");
            foreach (var entry in Kinds.Augmentations.Entries) Report(entry.Kind, (AugmentationOptions)entry.Default());
            Report("auto-augment, imagenet", new AutoAugmentOptions { Policy = AutoAugmentPolicy.Imagenet });

            void Report(string name, AugmentationOptions options)
            {
                var times = Enumerable.Range(-2, parsed.GetValue(rounds) + 2).Select(step => Milliseconds(options, x, new Rng(0).Draw("augment", samples, step + 2))).Skip(2).Order().ToArray();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {times[times.Length / 2],8:0.00} ms ({times[0]:0.00} to {times[^1]:0.00})"));
            }
        });
        return verb;
    }

    private static double Milliseconds(AugmentationOptions options, Tensor x, Draws draws)
    {
        var spent = Environment.CpuUsage.TotalTime;
        using var scope = Scope.Enter();
        AugmentationOptions.ApplyAll([options], x, draws);
        return (Environment.CpuUsage.TotalTime - spent).TotalMilliseconds;
    }
}

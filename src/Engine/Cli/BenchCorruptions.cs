using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab bench corruptions</c>: what every corruption costs per image. Processor time, since a busy machine says little by the clock.</summary>
public static class BenchCorruptions
{
    private static readonly int[] Sides = [32, 64, 224];

    public static Command Verb()
    {
        var budget = new Option<double>("--seconds") { Description = "Measured for each corruption and size.", DefaultValueFactory = _ => .5 };
        var verb = new Command("corruptions", "Processor time of every corruption, per image.") { budget };
        verb.SetAction(parsed =>
        {
            Console.WriteLine($"ms per image, mean over the five severities; {string.Join(", ", Sides)} pixels; one thread, {Processor.This.Name}");
            foreach (var entry in Kinds.Corruptions.Entries.Where(e => e.Type != typeof(Frost)))
                Console.WriteLine($"{entry.Kind,-18}{string.Concat(Sides.Select(side => Milliseconds((Corruption)entry.Default(), side, parsed.GetValue(budget)).ToString("0.00", CultureInfo.InvariantCulture).PadLeft(9)))}");
        });
        return verb;
    }

    private static double Milliseconds(Corruption corruption, int side, double seconds)
    {
        var shape = new ImageShape(3, side, side);
        var chance = new Rng(0).Chance("bench", 0);
        byte[] image = [.. Enumerable.Range(0, shape.Bytes).Select(i => (byte)(128 + 60 * Math.Sin(i % side / 9.0) + chance.Integer(-40, 40)))];
        for (var severity = 1; severity <= Corruption.Severities; severity++) corruption.Apply(image, shape, severity, 0, 0);
        var (began, rounds) = (Environment.CpuUsage.TotalTime, 0);
        do
        {
            for (var severity = 1; severity <= Corruption.Severities; severity++) corruption.Apply(image, shape, severity, 0, rounds);
            rounds++;
        }
        while ((Environment.CpuUsage.TotalTime - began).TotalSeconds < seconds);
        return (Environment.CpuUsage.TotalTime - began).TotalMilliseconds / (rounds * Corruption.Severities);
    }
}

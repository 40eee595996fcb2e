using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary>
/// <c>weblab bench cost</c>: a step of every training method, in steps of standard training, beside the passes that the method states.
/// Each step is followed by a standard one, so that whatever else the machine does meets both alike.
/// </summary>
public static class BenchCost
{
    private const int WarmUp = 1;

    public static Command Verb()
    {
        var plan = new Option<string>("--plan") { Description = "Its rows give the methods.", DefaultValueFactory = _ => "benchmarks/methods/plan.json" };
        var (width, batch, rounds) = (new Option<int>("--width") { Description = "Channels of ResNet-18's first group.", DefaultValueFactory = _ => 32 },
            new Option<int>("--batch") { Description = "Images.", DefaultValueFactory = _ => 64 },
            new Option<int>("--rounds") { Description = "Measured steps of each side.", DefaultValueFactory = _ => 7 });
        var threads = Shared.ThreadsOption();
        var verb = new Command("cost", "A step of every training method beside a standard one.") { plan, width, batch, rounds, threads };
        verb.SetAction(parsed =>
        {
            Libtorch.SetThreads(parsed.GetValue(threads));
            var model = new ResNet18Options { Width = parsed.GetValue(width) };
            Console.WriteLine($"ResNet-18 width {model.Width}, batch {parsed.GetValue(batch)}, {parsed.GetValue(threads)} threads, {Processor.This.Name}, medians of {parsed.GetValue(rounds)} pairs, processor seconds");
            Console.WriteLine();
            Console.WriteLine("| method | looks | climbs | learns | stated | measured | measured / stated |");
            Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
            foreach (var row in MethodPlan.Read(parsed.GetValue(plan)!).Rows)
            {
                var options = MethodPlan.Method(row);
                Tell(row.Name, options.Effort(model), Ratio(model, options, parsed.GetValue(batch), parsed.GetValue(rounds)));
            }
        });
        return verb;
    }

    private static double Ratio(ArchitectureOptions model, MethodOptions method, int batch, int rounds)
    {
        using var measured = new MeasuredStep(model, method, batch);
        using var standard = new MeasuredStep(model, new StandardOptions(), batch);
        var (mine, other) = (new List<StepCost>(), new List<StepCost>());
        for (var round = -WarmUp; round < rounds; round++)
        {
            // The first and the last epoch, which differ for some.
            var (a, b) = (measured.Take(), standard.Take());
            (a, b) = (a + measured.Take(MeasuredStep.Epochs), b + standard.Take());
            if (round < 0) continue;
            mine.Add(a);
            other.Add(b);
        }
        return StepCost.Median(mine).Processor / StepCost.Median(other).Processor;
    }

    private static void Tell(string name, Attacks.Effort stated, double measured) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {stated.Look:0.##} | {stated.Climb:0.##} | {stated.Learn:0.##} | {stated.Cost:0.00} | {measured:0.00} | {measured / stated.Cost:0.00} |"));
}

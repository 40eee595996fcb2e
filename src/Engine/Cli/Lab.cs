using System.CommandLine;
using WebLab.Engine.Lab;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab lab</c>: the resident worker of interactive attacks.</summary>
public static class Lab
{
    public static Command Verb()
    {
        var idle = new Option<double>("--idle") { Description = "Seconds without a request after which it ends.", DefaultValueFactory = _ => 300 };
        var models = new Option<long>("--model-bytes") { Description = "Bytes of networks kept warm.", DefaultValueFactory = _ => 1L << 30 };
        var resident = new Option<long>("--resident-bytes") { Description = "Resident size above which networks are let go.", DefaultValueFactory = _ => 4L << 30 };
        var threads = new Option<int>("--threads") { Description = "Compute threads; 0: one per core." };
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "auto" };
        var verb = new Command("lab", "Answer interactive attacks: JSON lines in, JSON lines out.") { idle, models, resident, threads, device };
        verb.SetAction(parsed =>
        {
            Libtorch.SetThreads(parsed.GetValue(threads) is > 0 and var n ? n : Environment.ProcessorCount);
            var limits = new LabLimits(TimeSpan.FromSeconds(parsed.GetValue(idle)), parsed.GetValue(models), parsed.GetValue(resident));
            new LabServer(Console.In, Console.Out, Device.Parse(parsed.GetValue(device)!), limits).Run();
            return 0;
        });
        return verb;
    }
}

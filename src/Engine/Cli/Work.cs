using System.CommandLine;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab work JOBDIR --attempt N</c>: what the supervisor starts, one process per attempt.</summary>
public static class Work
{
    public static System.CommandLine.Command Verb()
    {
        var folder = new Argument<string>("jobdir") { Description = "The job's folder; its job.json says what to do." };
        var attempt = new Option<int>("--attempt") { Description = "Number of the attempt, above every earlier one.", Required = true };
        var verb = new System.CommandLine.Command("work", "Run one attempt of a job; prints a line for each event.") { folder, attempt };
        verb.SetAction(parsed => Worker.Run(new JobFolder(parsed.GetValue(folder)!), parsed.GetValue(attempt), JobKinds.All,
            TimeProvider.System, Ring, Console.Error));
        return verb;
    }

    // The server at the other end may have died: the outbox is the truth, the line a courtesy.
    private static void Ring(EventData data)
    {
        try
        {
            Console.Out.WriteLine(data.Type);
        }
        catch (IOException)
        {
        }
    }
}

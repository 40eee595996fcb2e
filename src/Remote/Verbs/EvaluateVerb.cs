using System.CommandLine;
using System.Text.Json.Nodes;

namespace WebLab.Remote.Verbs;

/// <summary><c>evaluate</c>: a battery of attacks on test images.</summary>
internal static class EvaluateVerb
{
    public static Command Make(Terminal terminal)
    {
        var run = new Option<string?>("--run") { Description = "Its best checkpoint." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "This checkpoint." };
        var battery = new Option<string>("--battery") { Description = "Which attacks.", DefaultValueFactory = _ => "quick" };
        battery.CompletionSources.Add("quick", "standard", "full");
        var samples = new Option<int?>("--samples") { Description = "How many test images." };
        var wait = new Option<bool>("--no-wait") { Description = "Queue it and return." };
        return new Command("evaluate", "Evaluate a checkpoint and wait for the result.") { run, checkpoint, battery, samples, wait }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var body = new JsonObject { ["battery"] = parsed.GetValue(battery) };
            if (parsed.GetValue(run) is { } r) body["runId"] = r;
            if (parsed.GetValue(checkpoint) is { } c) body["checkpointId"] = c;
            if (body.Count != 2) throw new UsageException("wanted either --run or --checkpoint");
            if (parsed.GetValue(samples) is { } n) body["samples"] = n;
            var made = await server.Post("/evaluations", body, cancel);
            var id = (string)made["id"]!;
            if (parsed.GetValue(wait))
            {
                if (print.Json) print.Whole(made);
                else print.Line($"evaluation {id}");
                return Exit.Done;
            }

            if (!print.Json) print.Line($"evaluation {id}");
            var status = await Watch.Follow(server, id, print, cancel);
            if (status != Exit.Done) return status;
            var end = await server.Get($"/evaluations/{id}", cancel);
            if (print.Json) print.Compact(end);
            else print.Line($"worst case  {Printer.Percent(end["worstCase"])} of {end["samples"]} images");
            return Exit.Done;
        });
    }
}

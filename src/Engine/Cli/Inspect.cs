using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab inspect CHECKPOINT --dataset ID --out DIR</c>.</summary>
public static class Inspect
{
    public static System.CommandLine.Command Verb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var dataset = new Option<string>("--dataset") { Description = "Id of the data set.", Required = true };
        var lenses = new Option<string[]>("--lens") { Description = "banks, feature-statistics, attribution-span, masks; may be repeated. Absent: every one that fits.", DefaultValueFactory = _ => [] };
        var attack = new Option<string?>("--attack") { Description = "The attack as in recipes; PGD-10 at 8/255 where absent." };
        var limit = new Option<int?>("--limit") { Description = "Only so many test images." };
        var seed = new Option<int>("--seed") { Description = "Seed of the subset and the attacks." };
        var data = Shared.DataOption();
        var target = new Option<string>("--out") { Description = $"Folder of the inspection; {InspectionResults.FileName} and images/ come to lie there.", Required = true };
        var threads = Shared.ThreadsOption();
        var verb = new System.CommandLine.Command("inspect", "Look into a checkpoint: banks of batch norm, feature statistics, attribution span, masks.")
            { checkpoint, dataset, lenses, attack, limit, seed, data, target, threads };
        verb.SetAction(parsed =>
        {
            var folder = new JobFolder(Path.GetFullPath(parsed.GetValue(target)!));
            Directory.CreateDirectory(folder.Path);
            var request = new JsonObject
            {
                ["checkpoint"] = Path.GetFullPath(parsed.GetValue(checkpoint)!),
                ["data"] = parsed.GetValue(dataset),
                ["lenses"] = new JsonArray([.. parsed.GetValue(lenses)!.Select(l => (JsonNode)l)]),
                ["limit"] = parsed.GetValue(limit),
                ["seed"] = parsed.GetValue(seed),
            };
            if (parsed.GetValue(attack) is { } text) request["attack"] = Shared.Json(text);
            File.WriteAllText(folder.Request, request.ToJsonString());
            return LocalJob.Run(folder, new JobSpec("inspect", parsed.GetValue(threads), Path.GetFullPath(parsed.GetValue(data)!)), Teller.Tell);
        });
        return verb;
    }
}

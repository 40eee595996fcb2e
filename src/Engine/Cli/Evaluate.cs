using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab evaluate CHECKPOINT --dataset ID --attack JSON ... --out DIR</c>.</summary>
public static class Evaluate
{
    public static System.CommandLine.Command Verb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var dataset = new Option<string>("--dataset") { Description = "Id of the data set.", Required = true };
        var attacks = new Option<string[]>("--attack") { Description = "An attack as in recipes, such as '{\"kind\":\"pgd\",\"steps\":20}'; may be repeated.", DefaultValueFactory = _ => [] };
        var group = new Option<string?>("--group") { Description = "Only this group of the test split, such as fog/3 of CIFAR-10-C, or all groups below a name." };
        var limit = new Option<int?>("--limit") { Description = "Only so many test images." };
        var seed = new Option<int>("--seed") { Description = "Seed of the subset and the attacks." };
        var data = Shared.DataOption();
        var target = new Option<string>("--out") { Description = "Folder of the evaluation.", Required = true };
        var threads = Shared.ThreadsOption();
        var verb = new System.CommandLine.Command("evaluate", "Measure clean and robust accuracy of a checkpoint.")
            { checkpoint, dataset, group, attacks, limit, seed, data, target, threads };
        verb.SetAction(parsed =>
        {
            var folder = new JobFolder(Path.GetFullPath(parsed.GetValue(target)!));
            Directory.CreateDirectory(folder.Path);
            var request = new JsonObject
            {
                ["checkpoint"] = Path.GetFullPath(parsed.GetValue(checkpoint)!),
                ["data"] = parsed.GetValue(dataset),
                ["group"] = parsed.GetValue(group),
                ["limit"] = parsed.GetValue(limit),
                ["attacks"] = new JsonArray([.. parsed.GetValue(attacks)!.Select(Shared.Json)]),
                ["seed"] = parsed.GetValue(seed),
            };
            File.WriteAllText(folder.Request, request.ToJsonString());
            return LocalJob.Run(folder, new JobSpec("evaluate", parsed.GetValue(threads), Path.GetFullPath(parsed.GetValue(data)!)), Teller.Tell);
        });
        return verb;
    }
}

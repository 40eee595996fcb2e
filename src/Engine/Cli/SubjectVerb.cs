using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary>A verb that tries a checkpoint on images: <c>weblab VERB CHECKPOINT --dataset ID --out DIR</c>, and what else the job takes.</summary>
internal static class SubjectVerb
{
    /// <param name="name">The verb, which is the kind of its job.</param>
    /// <param name="summary">What it does.</param>
    /// <param name="result">What comes to lie in the folder.</param>
    /// <param name="own">The job's own options, each with what it adds to the request.</param>
    public static System.CommandLine.Command Of(string name, string summary, string result, params (Option Option, Action<ParseResult, JsonObject> Add)[] own)
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var dataset = new Option<string>("--dataset") { Description = "Id of the data set.", Required = true };
        var group = new Option<string?>("--group") { Description = "Only this group of the test split, such as fog/3 of CIFAR-10-C, or all groups below a name." };
        var limit = new Option<int?>("--limit") { Description = "Only so many test images." };
        var seed = new Option<int>("--seed") { Description = "Seed of the subset and the attacks." };
        var target = new Option<string>("--out") { Description = result, Required = true };
        var (data, threads) = (Shared.DataOption(), Shared.ThreadsOption());
        var verb = new System.CommandLine.Command(name, summary) { checkpoint, dataset, group, limit, seed, data, target, threads };
        foreach (var (option, _) in own) verb.Add(option);
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
                ["seed"] = parsed.GetValue(seed),
            };
            foreach (var (_, add) in own) add(parsed, request);
            File.WriteAllText(folder.Request, request.ToJsonString());
            return LocalJob.Run(folder, new JobSpec(name, parsed.GetValue(threads), Path.GetFullPath(parsed.GetValue(data)!)), Teller.Tell);
        });
        return verb;
    }
}

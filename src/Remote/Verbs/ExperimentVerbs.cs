using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WebLab.Remote.Verbs;

/// <summary><c>experiments list | show | create</c>.</summary>
internal static class ExperimentVerbs
{
    public static Command Make(Terminal terminal) =>
        new("experiments", "Recipes with their questions and runs.") { List(terminal), Show(terminal), Create(terminal) };

    private static Command List(Terminal terminal)
    {
        var filter = new Option<string?>("--filter") { Description = "Such as 'method=pgd-at and tag:baseline'." };
        var text = new Option<string?>("--text") { Description = "In name, question or notes." };
        var limit = RunVerbs.Limit();
        return new Command("list", "The newest experiments.") { filter, text, limit }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var found = await server.List("/experiments" + RunVerbs.Query(("filter", parsed.GetValue(filter)), ("text", parsed.GetValue(text))), parsed.GetValue(limit), cancel);
            print.Table(found, ("id", x => Printer.Text(x["id"])), ("name", x => Printer.Text(x["name"])), ("status", x => Printer.Text(x["status"])), ("data", x => Printer.Text(x["datasetId"])),
                ("method", x => Printer.Text(x["method"])), ("clean>", x => Printer.Percent(x["cleanAccuracy"])), ("robust>", x => Printer.Percent(x["robustAccuracy"])), ("made", x => Printer.Day(x["createdAt"])));
            return Exit.Done;
        });
    }

    private static Command Show(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "Of the experiment." };
        return new Command("show", "One experiment and its runs; its recipe with --json.") { id }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var found = await server.Get($"/experiments/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancel);
            if (print.Json)
            {
                print.Whole(found);
                return Exit.Done;
            }

            print.Line($"{found["name"]}: {found["status"]}");
            if ((string?)found["question"] is { Length: > 0 } question) print.Line(question);
            print.Line($"{found["method"]} of {found["architecture"]} on {found["datasetId"]}");
            RunVerbs.Table(print, found["runs"]!.AsArray());
            return Exit.Done;
        });
    }

    private static Command Create(Terminal terminal)
    {
        var recipe = new Argument<string>("recipe") { Description = "A recipe file (JSON), or - for what is piped in." };
        var name = new Option<string?>("--name") { Description = "By default the file's." };
        var question = new Option<string?>("--question") { Description = "What it shall answer." };
        var seeds = new Option<int[]>("--seeds") { Description = "One run a seed, such as --seeds 0 1 2.", AllowMultipleArgumentsPerToken = true };
        var draft = new Option<bool>("--draft") { Description = "Make it without queueing its runs." };
        var watch = new Option<bool>("--watch") { Description = "Follow its first run to the end." };
        return new Command("create", "Make an experiment and queue its runs.") { recipe, name, question, seeds, draft, watch }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var file = parsed.GetValue(recipe)!;
            var body = new JsonObject { ["recipe"] = await Read(terminal, file, cancel), ["name"] = parsed.GetValue(name) ?? (file == "-" ? "from the terminal" : Path.GetFileNameWithoutExtension(file)), ["start"] = !parsed.GetValue(draft) };
            if (parsed.GetValue(question) is { } asked) body["question"] = asked;
            if (parsed.GetValue(seeds) is { Length: > 0 } chosen) body["seeds"] = new JsonArray([.. chosen.Select(s => JsonValue.Create(s))]);
            var made = await server.Post("/experiments", body, cancel);
            if (print.Json && !parsed.GetValue(watch)) print.Whole(made);
            var runs = made["runs"]!.AsArray();
            if (!print.Json)
            {
                print.Line($"experiment {made["id"]}");
                foreach (var run in runs) print.Line($"run {run!["id"]}, seed {run["seed"]}");
            }

            return parsed.GetValue(watch) && runs.Count > 0 ? await Watch.Follow(server, (string)runs[0]!["id"]!, print, cancel) : Exit.Done;
        });
    }

    private static async Task<JsonNode> Read(Terminal terminal, string file, CancellationToken cancel)
    {
        try
        {
            var text = file == "-" ? await terminal.Input.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(file, cancel);
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip })
                ?? throw new UsageException($"{file}: got null, wanted a recipe");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file}: is not JSON: {e.Message}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{file}: there is no such file");
        }
    }
}

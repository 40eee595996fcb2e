using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace WebLab.Remote.Verbs;

/// <summary><c>attack IMAGE</c>: attacks an image of yours while you wait.</summary>
internal static class AttackVerb
{
    private static readonly string[] Views = ["seen", "adversarial", "delta"];

    public static Command Make(Terminal terminal)
    {
        var image = new Argument<string>("image") { Description = "A PNG, JPEG, WebP, GIF, BMP, TIFF or PNM file." };
        var run = new Option<string?>("--run") { Description = "Attack its best checkpoint." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "Attack this checkpoint." };
        var kind = new Option<string>("--attack") { Description = "A kind of the catalog, such as pgd, fgsm or apgd.", DefaultValueFactory = _ => "pgd" };
        var eps = new Option<string>("--eps") { Description = "Radius, such as 8/255.", DefaultValueFactory = _ => "8/255" };
        var options = new Option<string?>("--options") { Description = "More options as JSON, such as {\"steps\":50}." };
        var seed = new Option<int>("--seed") { Description = "Of its draws." };
        var target = new Option<string?>("--out") { Description = "Folder for what the network sees before and after; nothing is kept without." };
        return new Command("attack", "Attack an image and say what the network makes of it.") { image, run, checkpoint, kind, eps, options, seed, target }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var path = parsed.GetValue(image)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file");
            var attack = Options(parsed.GetValue(options));
            (attack["kind"], attack["eps"]) = (parsed.GetValue(kind), parsed.GetValue(eps));
            using var form = new MultipartFormDataContent
            {
                { new StringContent(await Subject(server, parsed.GetValue(run), parsed.GetValue(checkpoint), cancel)), "checkpointId" },
                { new StringContent(attack.ToJsonString()), "attack" },
                { new StringContent(parsed.GetValue(seed).ToString(CultureInfo.InvariantCulture)), "seed" },
                { new ByteArrayContent(await File.ReadAllBytesAsync(path, cancel)), "image", Path.GetFileName(path) },
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, server.Address("/lab/attacks")) { Content = form };
            using var answer = await server.Once(request, cancel);
            var found = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!;
            var item = found["items"]![0]!;
            if (print.Json) print.Whole(found);
            else print.Line(Words(item["outcome"]!));
            if (parsed.GetValue(target) is { } folder) await Save(server, item, folder, Path.GetFileNameWithoutExtension(path), print, cancel);
            return Exit.Done;
        });
    }

    /// <summary>The checkpoint that the options name.</summary>
    public static async Task<string> Subject(Server server, string? run, string? checkpoint, CancellationToken cancel)
    {
        if (run is null == checkpoint is null) throw new UsageException("wanted either --run or --checkpoint");
        if (checkpoint is not null) return checkpoint;
        var row = await server.Get($"/runs/{Uri.EscapeDataString(run!)}", cancel);
        return (string?)row["bestCheckpointId"] ?? (string?)row["lastCheckpointId"] ?? throw new RefusedException($"run {run} has no checkpoint yet");
    }

    private static JsonObject Options(string? text)
    {
        try
        {
            return text is null ? [] : JsonNode.Parse(text) as JsonObject ?? throw new UsageException($"--options: got {text}, wanted an object");
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new UsageException($"--options: is not JSON: {e.Message}");
        }
    }

    private static string Words(JsonNode outcome)
    {
        string Best(string when) => $"{outcome[when]![0]!["name"]} ({Printer.Percent(outcome[when]![0]!["probability"])})";
        return string.Create(CultureInfo.InvariantCulture,
            $"{Best("before")} -> {Best("after")}: {((bool)outcome["success"]! ? "fooled" : "held")}, largest change {255 * (double)outcome["linf"]!:0.00}/255");
    }

    private static async Task Save(Server server, JsonNode item, string folder, string name, Printer print, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        foreach (var view in Views)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, server.Address((string)item[view]!));
            using var answer = await server.Once(request, cancel);
            var path = Path.Combine(folder, $"{name}-{view}.png");
            await File.WriteAllBytesAsync(path, await answer.Content.ReadAsByteArrayAsync(cancel), cancel);
            print.Tell(path);
        }
    }
}

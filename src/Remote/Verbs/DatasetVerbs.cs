using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WebLab.Remote.Verbs;

/// <summary><c>datasets list | upload</c>.</summary>
internal static partial class DatasetVerbs
{
    private const int PartBytes = 16 << 20, MostTries = 8;
    private static readonly string[] Kinds = ["auto", "folders", "cifar10", "cifar100", "cifar10-c", "svhn", "idx"];

    public static Command Make(Terminal terminal) => new("datasets", "Packed sets of images.") { List(terminal), Upload(terminal) };

    private static Command List(Terminal terminal) => new Command("list", "What is there.").Does(terminal, async (_, server, print, cancel) =>
    {
        print.Table(await server.List("/datasets", int.MaxValue, cancel), ("id", x => Printer.Text(x["id"])), ("name", x => Printer.Text(x["name"])), ("version", x => Printer.Text(x["version"])),
            ("classes>", x => Printer.Count(x["classCount"])), ("size>", x => $"{x["shape"]!["width"]}x{x["shape"]!["height"]}x{x["shape"]!["channels"]}"),
            ("train>", x => Printer.Count(x["trainCount"])), ("test>", x => Printer.Count(x["testCount"])), ("bytes>", x => Printer.Size((double?)x["bytes"])));
        return Exit.Done;
    });

    private static Command Upload(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A zip, tar or tar.gz." };
        var id = new Option<string?>("--id") { Description = "Lower-case letters, digits and inner dashes; by default made from the file's name." };
        var name = new Option<string?>("--name") { Description = "For people." };
        var kind = new Option<string>("--kind") { Description = "Layout of the archive.", DefaultValueFactory = _ => "auto" };
        kind.AcceptOnlyFromAmong(Kinds);
        var size = new Option<int?>("--size") { Description = "folders: side of the images in pixels." };
        var resume = new Option<string?>("--resume") { Description = "An upload that was begun earlier." };
        return new Command("upload", "Send an archive, import it and wait for the result.") { file, id, name, kind, size, resume }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file");
            var set = parsed.GetValue(id) ?? Dashes().Replace(Suffix().Replace(Path.GetFileName(path).ToLowerInvariant(), ""), "-").Trim('-');
            var home = $"/datasets/{Uri.EscapeDataString(set)}/uploads";
            await using var source = File.OpenRead(path);
            var state = parsed.GetValue(resume) is { } begun ? await server.Get($"{home}/{Uri.EscapeDataString(begun)}", cancel)
                : await server.Post(home, new JsonObject { ["fileName"] = Path.GetFileName(path), ["bytes"] = source.Length }, cancel);
            if ((long)state["expectedBytes"]! != source.Length) throw new UsageException($"{path}: has {source.Length} bytes, the upload was begun for {state["expectedBytes"]}");
            await Send(server, $"{home}/{state["id"]}", source, state, print, cancel);
            var options = new JsonObject { ["kind"] = parsed.GetValue(kind) };
            if (parsed.GetValue(name) is { } called) options["name"] = called;
            if (parsed.GetValue(size) is { } side) options["size"] = side;
            var made = await server.Post($"{home}/{state["id"]}:complete", options, cancel);
            if (!print.Json) print.Line($"data set {set}, import {made["runId"]}");
            return await Watch.Follow(server, (string)made["runId"]!, print, cancel);
        });
    }

    // A part is not repeated blindly: the server knows how much of a cut one has arrived.
    private static async Task Send(Server server, string address, FileStream source, JsonNode state, Printer print, CancellationToken cancel)
    {
        var (tries, total) = (0, source.Length);
        try
        {
            while ((long)state["receivedBytes"]! is var first && first < total)
            {
                source.Seek(first, SeekOrigin.Begin);
                var part = new byte[Math.Min(PartBytes, total - first)];
                await source.ReadExactlyAsync(part, cancel);
                using var request = new HttpRequestMessage(HttpMethod.Put, server.Address(address)) { Content = new ByteArrayContent(part) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                request.Content.Headers.ContentRange = new ContentRangeHeaderValue(first, first + part.Length - 1, total);
                try
                {
                    using var answer = await server.Once(request, cancel);
                    tries = 0;
                }
                catch (UnreachableException) when (++tries <= MostTries)
                {
                    print.Tell("The connection broke; going on.");
                    await Task.Delay(TimeSpan.FromSeconds(tries), print.Time, cancel);
                }

                state = await server.Get(address, cancel);
                print.Tell($"{Printer.Size((double?)state["receivedBytes"])} of {Printer.Size(total)}");
            }
        }
        catch (Exception e) when (e is OperationCanceledException or UnreachableException)
        {
            print.Tell($"What has arrived is kept for a while. Go on with: --resume {state["id"]}");
            throw;
        }
    }

    [GeneratedRegex(@"\.(tar\.gz|tgz|tar|zip|gz)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Dashes();
}

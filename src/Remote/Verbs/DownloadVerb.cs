using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace WebLab.Remote.Verbs;

/// <summary><c>download checkpoint</c>: weights to a file, compared with their SHA-256.</summary>
internal static class DownloadVerb
{
    private const string Weights = "weights.safetensors";
    private const int MostTries = 8;

    public static Command Make(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "Of the checkpoint; or of a run with --run.", Arity = ArgumentArity.ZeroOrOne };
        var run = new Option<string?>("--run") { Description = "The best checkpoint of this run." };
        var file = new Option<string>("--file") { Description = "Which of its files.", DefaultValueFactory = _ => Weights };
        file.CompletionSources.Add(Weights, "state.safetensors", "average.safetensors", "manifest.json");
        var target = new Option<string?>("--out") { Description = "Where to; by default the file's name here." };
        var checkpoint = new Command("checkpoint", "A file of a checkpoint; a cut download goes on where it was cut.") { id, run, file, target }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var chosen = await AttackVerb.Subject(server, parsed.GetValue(run), parsed.GetValue(id), cancel);
            var name = parsed.GetValue(file)!;
            var row = await server.Get($"/checkpoints/{Uri.EscapeDataString(chosen)}", cancel);
            var path = parsed.GetValue(target) is not { } wanted ? name : Directory.Exists(wanted) ? Path.Combine(wanted, name) : wanted;
            var part = path + ".part";
            try
            {
                await Fetch(server, $"/checkpoints/{Uri.EscapeDataString(chosen)}/files/{Uri.EscapeDataString(name)}", part, print, cancel);
                if (name == Weights) await Check(part, (string)row["sha256"]!, cancel);
                File.Move(part, path, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }

            if (print.Json) print.Whole(row);
            else print.Line(name == Weights ? $"{path}, SHA-256 {row["sha256"]}" : path);
            return Exit.Done;
        });
        return new Command("download", "Files from the server.") { checkpoint };
    }

    private static async Task Fetch(Server server, string address, string part, Printer print, CancellationToken cancel)
    {
        EntityTagHeaderValue? tag = null;
        await using var file = new FileStream(part, FileMode.Create, FileAccess.Write);
        for (var tries = 1; ; tries++)
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, server.Address(address));
                if (file.Position > 0 && tag is not null) (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(file.Position, null), new RangeConditionHeaderValue(tag));
                using var answer = await server.Once(request, cancel);
                if (answer.StatusCode != HttpStatusCode.PartialContent) file.SetLength(file.Position = 0);
                tag = answer.Headers.ETag;
                await using var content = await answer.Content.ReadAsStreamAsync(cancel);
                await content.CopyToAsync(file, cancel);
                return;
            }
            catch (Exception e) when (e is HttpIOException or HttpRequestException or UnreachableException && tries < MostTries)
            {
                print.Tell("The connection broke; going on.");
                await Task.Delay(TimeSpan.FromSeconds(tries), print.Time, cancel);
            }
            catch (HttpIOException e)
            {
                throw new UnreachableException($"the download was cut {tries} times", e);
            }
    }

    private static async Task Check(string part, string wanted, CancellationToken cancel)
    {
        await using var file = File.OpenRead(part);
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
        if (found != wanted) throw new RefusedException($"SHA-256 of what came is {found}, the server names {wanted}: nothing was kept");
    }
}

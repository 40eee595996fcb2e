using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;
using WebLab.Engine.Images;

namespace WebLab.Web.Tests.Clients;

[Collection(Visitors.Name)]
public sealed partial class RemoteTests(ServedLab lab)
{
    private static readonly string Program = typeof(RemoteTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RemoteProgram").Value!;

    [Fact]
    public async Task The_examples_of_the_page_on_clients_hold()
    {
        var folder = Directory.CreateTempSubdirectory("weblab-remote-");
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "recipes"), Path.Combine(ServedLab.Clone, "recipes"));
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "shape.png"), Square(200, 0));
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "two-colours.zip"), Archive());
            await Shapes();

            var examples = Examples(await File.ReadAllTextAsync(Path.Combine(ServedLab.Clone, "docs", "clients.md"))).ToList();
            Assert.True(examples.Count > 10, $"found {examples.Count} examples");
            var script = $"remote() {{ dotnet '{Program}' \"$@\"; }}\n" + string.Concat(examples.Select(e => $"{e.Command.Replace("./lab remote", "remote")}\necho \"@@ $?\"\n"));
            var (_, output, errors) = await lab.Run("bash", ["-s"], folder.FullName, script, ("KEY", lab.Key));

            var answers = output.Split("@@ ");
            Assert.Equal(examples.Count + 1, answers.Length);
            var got = answers[0];
            foreach (var (example, rest) in examples.Zip(answers.Skip(1)))
            {
                var (status, next) = (rest.Split('\n')[0], rest[(rest.IndexOf('\n') + 1)..]);
                Assert.True(status == "0" && Fits(example.Wanted, got), $"$ {example.Command}\nstatus {status}\n{got}\nwanted\n{example.Wanted}\nerrors of all:\n{errors}");
                got = next;
            }

            const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(mine, File.GetUnixFileMode(Path.Combine(folder.FullName, "weblab", "login.json")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_wrong_command_line_and_a_wrong_key_have_their_own_endings()
    {
        var folder = Directory.CreateTempSubdirectory("weblab-remote-");
        try
        {
            Assert.Equal(2, (await lab.Run("dotnet", [Program, "runs", "nonsense"], folder.FullName, null, ("WEBLAB_KEY", lab.Key))).Status);
            var (status, _, errors) = await lab.Run("dotnet", [Program, "runs", "list"], folder.FullName, null, ("WEBLAB_KEY", "wl_wrong"));
            Assert.Equal(1, status);
            Assert.Contains("401", errors);
            var (asked, completions, _) = await lab.Run("dotnet", [Program, "[suggest:7]", "runs wa"], folder.FullName);
            Assert.Equal((0, "watch"), (asked, completions.Trim()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // A line of three points stands for anything, also for nothing; three points in a line for the rest of it.
    private static bool Fits(string wanted, string got)
    {
        var pattern = string.Concat(wanted.TrimEnd('\n').Split('\n').Select(line => line == "..." ? "(?:.*\n)*?" : string.Join(".*", line.Split("...").Select(Words)) + "\n"));
        return Regex.IsMatch(got.TrimEnd('\n') + "\n", @"\A" + pattern + @"\z") || (wanted.Length == 0 && got.Length == 0);

        static string Words(string text) => string.Join(" +", Regex.Split(text, " +").Select(Regex.Escape));
    }

    private static IEnumerable<(string Command, string Wanted)> Examples(string page)
    {
        foreach (Match block in Block().Matches(page))
            foreach (var example in Prompt().Split(block.Groups[1].Value).Where(e => e.Trim().Length > 0))
                yield return (example.Split('\n')[0], example[(example.IndexOf('\n') + 1)..]);
    }

    private async Task Shapes()
    {
        using var http = new HttpClient { BaseAddress = new Uri(lab.Address) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", lab.Key);
        using var made = await http.PostAsync("/api/v1/datasets", new StringContent("""{"builtin":"shapes32","train":640,"test":200}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        var run = System.Text.Json.Nodes.JsonNode.Parse(await made.Content.ReadAsStringAsync())!["runId"];
        var (status, _, errors) = await lab.Run("dotnet", [Program, "runs", "watch", (string)run!], Path.GetTempPath(), null, ("WEBLAB_KEY", lab.Key));
        Assert.True(status == 0, errors);
    }

    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
            foreach (var (name, red) in new[] { ("red", true), ("blue", false) })
                for (var k = 0; k < 8; k++)
                {
                    using var entry = zip.CreateEntry($"{name}/{k}.png").Open();
                    entry.Write(red ? Square((byte)(200 + k), 0) : Square((byte)k, 200));
                }
        return bytes.ToArray();
    }

    private static byte[] Square(byte red, byte blue) => PngFile.Encode(new RgbImage(16, 16, [.. Enumerable.Range(0, 256).SelectMany(_ => new[] { red, (byte)0, blue })]));

    [GeneratedRegex("```console\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\$ ", RegexOptions.Multiline)]
    private static partial Regex Prompt();
}

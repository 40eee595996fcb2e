using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace WebLab.Remote.Verbs;

/// <summary><c>runs list | watch | pause | resume | cancel | logs | metrics</c>.</summary>
internal static class RunVerbs
{
    public static Command Make(Terminal terminal) => new("runs", "Trainings, evaluations, inspections and imports.")
    {
        List(terminal), Watching(terminal),
        Act(terminal, "pause", "Save a checkpoint and rest."), Act(terminal, "resume", "Queue a paused run again."), Act(terminal, "cancel", "End a run; its last checkpoint stays."),
        Logs(terminal), Metrics(terminal),
    };

    public static Option<int> Limit() => new("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 20 };

    public static string Query(params (string Name, string? Value)[] asked)
    {
        var set = asked.Where(a => a.Value is not null).Select(a => $"{a.Name}={Uri.EscapeDataString(a.Value!)}").ToList();
        return set.Count == 0 ? "" : "?" + string.Join('&', set);
    }

    public static void Table(Printer print, JsonArray runs) => print.Table(runs, ("id", x => Printer.Text(x["id"])), ("kind", x => Printer.Text(x["kind"])), ("name", x => Printer.Text(x["name"])), ("seed>", x => Printer.Text(x["seed"])),
        ("status", x => Printer.Text(x["status"])), ("epoch>", x => x["progress"] is { } p && (int)p["epochs"]! > 0 ? $"{p["epoch"]}/{p["epochs"]}" : "-"),
        ("clean>", x => Printer.Percent(x["cleanAccuracy"])), ("robust>", x => Printer.Percent(x["bestRobustAccuracy"])), ("made", x => Printer.Day(x["createdAt"])));

    private static Argument<string> Id() => new("id") { Description = "Of the run." };

    private static string Path(ParseResult parsed, Argument<string> id, string tail = "") => $"/runs/{Uri.EscapeDataString(parsed.GetValue(id)!)}{tail}";

    private static Command List(Terminal terminal)
    {
        var filter = new Option<string?>("--filter") { Description = "Such as 'kind=train and status in (queued,running)'." };
        var text = new Option<string?>("--text") { Description = "In the name." };
        var limit = Limit();
        return new Command("list", "The newest runs.") { filter, text, limit }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            Table(print, await server.List("/runs" + Query(("filter", parsed.GetValue(filter)), ("text", parsed.GetValue(text))), parsed.GetValue(limit), cancel));
            return Exit.Done;
        });
    }

    private static Command Watching(Terminal terminal)
    {
        var id = Id();
        return new Command("watch", "Follow a run to its end. Ctrl-C leaves it running.") { id }
            .Does(terminal, (parsed, server, print, cancel) => Watch.Follow(server, parsed.GetValue(id)!, print, cancel));
    }

    private static Command Act(Terminal terminal, string action, string words)
    {
        var id = Id();
        var reason = new Option<string?>("--reason") { Description = "Shown in the run's history." };
        return new Command(action, words) { id, reason }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var done = await server.Post(Path(parsed, id, ":" + action), parsed.GetValue(reason) is { } why ? new JsonObject { ["reason"] = why } : [], cancel);
            if (print.Json) print.Whole(done);
            else print.Line($"{done["status"]}; {action} is {((bool)done["accepted"]! ? "asked for" : "done already")}");
            return Exit.Done;
        });
    }

    private static Command Logs(Terminal terminal)
    {
        var id = Id();
        var level = new Option<string?>("--level") { Description = "Only these." };
        level.AcceptOnlyFromAmong("info", "warning", "error");
        var text = new Option<string?>("--text") { Description = "What a line must contain." };
        return new Command("logs", "The log lines of a run.") { id, level, text }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            var all = new JsonArray();
            for (long after = 0; ;)
            {
                var page = await server.Get(Path(parsed, id, "/logs" + Query(("after", after.ToString(CultureInfo.InvariantCulture)), ("level", parsed.GetValue(level)), ("q", parsed.GetValue(text)), ("limit", "1000"))), cancel);
                var items = page["items"]!.AsArray();
                foreach (var item in items) all.Add(item!.DeepClone());
                if (items.Count < 1000) break;
                after = (long)items[^1]!["seq"]!;
            }

            if (print.Json) print.Whole(all);
            else foreach (var x in all) print.Line($"{(DateTimeOffset)x!["at"]!:HH:mm:ss}  {x["level"],-7}  {x["text"]}");
            return Exit.Done;
        });
    }

    private static Command Metrics(Terminal terminal)
    {
        var id = Id();
        var keys = new Option<string?>("--keys") { Description = "Such as train.loss,probe.*; all by default." };
        var csv = new Option<bool>("--csv") { Description = "key,step,epoch,seconds,value: every point." };
        return new Command("metrics", "The metrics of a run: last, least and greatest value of each.") { id, keys, csv }.Does(terminal, async (parsed, server, print, cancel) =>
        {
            if (parsed.GetValue(csv))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, server.Address(Path(parsed, id, "/metrics" + Query(("keys", parsed.GetValue(keys)), ("format", "csv")))));
                using var answer = await server.Once(request, cancel);
                print.Line((await answer.Content.ReadAsStringAsync(cancel)).TrimEnd('\n'));
                return Exit.Done;
            }

            var found = await server.Get(Path(parsed, id, "/metrics" + Query(("keys", parsed.GetValue(keys)))), cancel);
            if (print.Json) print.Whole(found);
            else print.Table(found["series"]!.AsArray(), ("metric", x => Printer.Text(x["key"])), ("points>", x => Printer.Count(x["count"])), ("last>", x => Number(x["last"])), ("min>", x => Number(x["min"])), ("max>", x => Number(x["max"])));
            return Exit.Done;
        });
    }

    private static string Number(JsonNode? node) => node is null ? "-" : ((double)node).ToString("G4", CultureInfo.InvariantCulture);
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Models;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Engine.Evaluations;
using Xunit;

namespace WebLab.Api.Tests.Models;

public sealed class LeaderboardTests(Server server) : IClassFixture<Server>
{
    [Fact]
    public async Task Only_trusted_figures_stand_on_the_board_unless_all_are_asked_for()
    {
        var client = await server.Key(UserRole.Viewer);
        await Evaluated("strong", worst: 0.5, lint: 4);
        await Evaluated("warned", worst: 0.4, lint: 3);
        await Evaluated("masked", worst: 0.9, lint: 0);
        await Evaluated("unchecked", worst: 0.8, lint: null);
        await Evaluated("other-ball", worst: 0.3, lint: 4, eps: "4/255");

        var board = await client.GetAsync("/api/v1/leaderboard").Json();
        Assert.Equal(["strong", "warned", "other-ball"], Names(board));
        Assert.Equal(2, (int)board["leftOut"]!);
        Assert.Equal(["L∞ 4/255", "L∞ 8/255"], board["threats"]!.AsArray().Select(t => (string?)t));
        Assert.Equal(["masked", "unchecked", "strong", "warned"], Names(await client.GetAsync("/api/v1/leaderboard?all=true&threat=L%E2%88%9E%208/255").Json()));
        Assert.Equal(["warned", "strong"], Names(await client.GetAsync("/api/v1/leaderboard?threat=L%E2%88%9E%208/255&sort=-robust").Json()));
        Assert.Empty(Names(await client.GetAsync("/api/v1/leaderboard?datasetId=other").Json()));
        Assert.NotNull((await client.GetAsync("/api/v1/leaderboard?sort=fame").Refused(400, "validation"))["errors"]!["sort"]);
    }

    [Fact]
    public void Ranks_are_what_the_intervals_allow_among_figures_of_the_same_images_and_ball()
    {
        var rows = Leaderboard.Ranked([Row("a", 0.60, 0.55, 0.65), Row("b", 0.58, 0.53, 0.63), Row("c", 0.30, 0.25, 0.35), Row("d", 0.90, 0.85, 0.95, threat: "L2 0.5")]);
        Assert.Equal([("a", 1, 2), ("b", 1, 2), ("c", 3, 3), ("d", 1, 1)], rows.Select(r => (r.EvaluationId, r.BestRank, r.WorstRank)));
    }

    private static IEnumerable<string?> Names(JsonNode board) => board["items"]!.AsArray().Select(r => (string?)r!["name"]);

    private static LeaderboardRow Row(string id, double robust, double low, double high, string threat = "L∞ 8/255") => new(0, 0, id, id, id, id, null, null, null, "tinycnn", "standard", "shapes32", "v", "test",
        1000, 0.9, 0.88, 0.92, robust, low, high, threat, "PGD only", GradeLevel.Bound, "A", 40, 1, DateTimeOffset.UnixEpoch);

    // A completed evaluation of 100 images as the index holds it.
    private async Task Evaluated(string name, double worst, int? lint, string eps = "8/255")
    {
        var (ids, store) = (server.Services.GetRequiredService<Ids>(), server.Services.GetRequiredService<LabStore>());
        var (run, job) = (ids.Next(), ids.Next());
        await store.Write(rows =>
        {
            rows.Runs.Add(new Run { Id = run, Name = name, RequestJson = """{"model":{"kind":"tinycnn"}}""", RequestHash = "", Status = RunStatus.Completed });
            rows.Checkpoints.Add(new Checkpoint { Id = $"{run}.e1", RunId = run, Name = "e1", Sha256 = "", KeptList = ",last," });
            rows.Runs.Add(new Run
            {
                Id = job, Kind = RunKind.Evaluate, Name = name, RequestJson = "{}", RequestHash = "", Status = RunStatus.Completed,
                SummaryJson = lint is null ? $$"""{"eval.worst":{{worst}}}""" : $$"""{"eval.worst":{{worst}},"eval.lint":{{lint}}}""",
            });
            rows.Evaluations.Add(new WebLab.Api.Store.Entities.Evaluation
            {
                Id = job, CheckpointId = $"{run}.e1", SourceRunId = run, DatasetId = "shapes32",
                BatteryJson = $$"""[{"kind":"pgd","eps":"{{eps}}","stepSize":"1/255","steps":10}]""",
            });
            rows.AttackResults.Add(new AttackResult { EvaluationId = job, Position = 0, Attack = "clean", Done = 100, Total = 100, Accuracy = 0.95, Low = 0.9, High = 0.97 });
            rows.AttackResults.Add(new AttackResult { EvaluationId = job, Position = 1, Attack = "pgd", Done = 95, Total = 95, Accuracy = worst, ForwardPasses = 1000, BackwardPasses = 1000 });
        }, TestContext.Current.CancellationToken);
    }
}

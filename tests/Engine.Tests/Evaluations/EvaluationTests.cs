using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lint;
using WebLab.Engine.Methods;
using WebLab.Engine.Recipes;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class EvaluationTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public EvaluationTests() => Assert.Equal(ExitCode.Done, _runs.Train("trained", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));

    public void Dispose() => _runs.Dispose();

    private sealed class Killed : Exception;

    [Theory]
    [InlineData(EvaluationMode.Cascade)]
    [InlineData(EvaluationMode.Individual)]
    public void Figures_follow_from_the_outcomes_of_single_images(EvaluationMode mode)
    {
        Assert.Equal(ExitCode.Done, Evaluate("whole", mode: mode));
        var results = Results("whole");
        using var scope = Scope.Enter();
        var all = Safetensors.Read(Path.Combine(_runs.Folder("whole").Path, OutcomeFiles.All));

        Assert.Equal(["pgd3", "noise", "pgd3-2"], results.Attacks.Select(a => a.Name));
        var correct = all["clean.label"].eq(all["clean.predicted"]);
        Assert.Equal(results.Clean.Right, Count(correct));
        var standing = correct;
        foreach (var attack in results.Attacks)
        {
            Tensor Of(string column) => all[$"{attack.Name}.{column}"];
            Assert.True(Of("tried").equal(mode == EvaluationMode.Cascade ? standing : correct));
            Assert.Equal((attack.Alive, attack.Broke), ((int)Count(Of("tried")), Count(Of("broken"))));
            Assert.Equal(0, Count(Of("broken").logical_and(Of("tried").logical_not())));
            Assert.True(Of("broken").equal(Of("tried").logical_and(Of("predicted").ne(all["clean.label"]))));
            Assert.True(Of("margin").lt(0).logical_and(correct).equal(Of("broken")));
            standing = standing.logical_and(Of("broken").logical_not());
            Assert.Equal(attack.Robust.Right, Count(mode == EvaluationMode.Cascade ? standing : correct.logical_and(Of("broken").logical_not())));
            Assert.InRange(attack.Robust.Accuracy, attack.Robust.Low, attack.Robust.High);
            Assert.True(Of("linf").max().item<double>() <= 8 / 255.0 + 1e-6);
            Assert.Equal(0, Of("forwards").masked_select(Of("tried").logical_not()).sum().item<long>());
        }

        Assert.Equal(results.WorstCase!.Right, Count(standing));
        Assert.True(results.EightBit!.Right >= results.WorstCase.Right);
        Assert.Equal(24, results.Samples);
        Assert.False(Directory.Exists(Path.Combine(_runs.Folder("whole").Path, "parts")));
    }

    [Fact]
    public void A_cascade_finds_the_same_worst_case_with_fewer_passes()
    {
        foreach (var mode in Enum.GetValues<EvaluationMode>()) Assert.Equal(ExitCode.Done, Evaluate($"{mode}", mode: mode));
        var (cascade, individual) = (Results("Cascade"), Results("Individual"));
        Assert.Equal(individual.WorstCase, cascade.WorstCase);
        Assert.True(cascade.Attacks.Sum(a => a.Forward) < individual.Attacks.Sum(a => a.Forward));
    }

    [Fact]
    public void The_images_that_broke_the_network_are_kept_and_break_it_again()
    {
        Assert.Equal(ExitCode.Done, Evaluate("whole"));
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var all = Safetensors.Read(Path.Combine(_runs.Folder("whole").Path, OutcomeFiles.All));
        var images = Safetensors.Read(Path.Combine(_runs.Folder("whole").Path, OutcomeFiles.Adversarial));
        using var model = TrainedModel.Open(new Checkpoints(_runs.Folder("trained").Checkpoints).Find(Kept.Last), Device.Cpu);
        var (found, results) = (new Victim(model.Network).Logits(images["x"]).argmax(1).ToArray<long>(), Results("whole"));
        var (index, row, attack) = (images["index"].ToArray<long>(), all["index"].ToArray<long>().ToList(), images["attack"].ToArray<long>());
        Assert.Equal(results.Attacks.Sum(a => a.Broke), found.Length);
        for (var k = 0; k < found.Length; k++)
            Assert.Equal(all[$"{results.Attacks[(int)attack[k] - 1].Name}.predicted"][row.IndexOf(index[k])].item<long>(), found[k]);
    }

    [Fact]
    public void Killed_after_any_batch_it_ends_with_the_same_outcomes()
    {
        Assert.Equal(ExitCode.Done, Evaluate("whole"));
        for (var at = 2; at < 8; at += 2)
        {
            var (name, told) = ($"killed-{at}", 0);
            Assert.Equal(ExitCode.Unknown, Evaluate(name, bell: _ =>
            {
                if (++told >= at) throw new Killed();
            }));
            Assert.Equal(ExitCode.Done, Evaluate(name, attempt: 2));
            Assert.Equal(Outcomes("whole"), Outcomes(name));
            Assert.Equal(Outcomes("whole", OutcomeFiles.Adversarial), Outcomes(name, OutcomeFiles.Adversarial));
        }
    }

    [Fact]
    public void A_killed_AutoAttack_goes_on_to_the_same_bytes()
    {
        AttackOptions[] battery = [new AutoAttackOptions { Eps = Budget.Parse("1/255") }];
        Assert.Equal(ExitCode.Done, Evaluate("whole", battery, limit: 4));
        Assert.Equal(["aa-apgd", "aa-apgd-t", "aa-fab-t", "aa-square"], Results("whole").Attacks.Select(a => a.Name));
        Assert.All(Results("whole").Attacks, a => Assert.Equal("autoattack standard", a.Ensemble));
        Assert.Equal(ExitCode.Unknown, Evaluate("killed", battery, limit: 4, bell: e =>
        {
            if (e is AttackResult { Attack: "aa-apgd-t" }) throw new Killed();
        }));
        Assert.Equal(ExitCode.Done, Evaluate("killed", battery, limit: 4, attempt: 2));
        Assert.Equal(Outcomes("whole"), Outcomes("killed"));
    }

    [Fact]
    public void An_evaluation_checks_itself()
    {
        Assert.Equal(ExitCode.Done, Evaluate("checked", [new NoiseOptions()], lint: 24));
        var report = Results("checked").Lint!;
        Assert.Equal((24, LintChecks.All.Count), (report.Images, report.Findings.Count));
        Assert.Equal(LintVerdict.Pass, report.Findings.Single(f => f.Check == "deterministic").Verdict);
        Assert.Contains(_runs.Events("checked"), e => e.Type == "log" && e.Read<LogLine>().Text.Contains($"grade {report.Grade}", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, Evaluate("unasked"));
        Assert.Null(Results("unasked").Lint);
    }

    [Fact]
    public void A_search_in_bf16_is_judged_in_fp32()
    {
        foreach (var precision in Enum.GetValues<Precision>()) Assert.Equal(ExitCode.Done, Evaluate($"{precision}", precision: precision));
        Assert.Equal(Results("Fp32").Clean, Results("Bf16").Clean);
        using var scope = Scope.Enter();
        var all = Safetensors.Read(Path.Combine(_runs.Folder("Bf16").Path, OutcomeFiles.All));
        Assert.True(all["pgd3.margin"].lt(0).logical_and(all["pgd3.tried"]).equal(all["pgd3.broken"]));
    }

    [Fact]
    public void A_network_with_helper_heads_is_judged_by_the_worst_of_four_fronts()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("again", SmallRun.Recipe(new AgainOptions { Attack = new PgdOptions { Steps = 1, Start = Start.Gauss } }), checkpointSeconds: 600));
        Assert.Equal(ExitCode.Done, Evaluate("fronts", run: "again"));
        var attacks = Results("fronts").Attacks;
        Assert.Null(attacks.Single(a => a.Name == "noise").Fronts);
        foreach (var attack in attacks.Where(a => a.Name != "noise"))
        {
            Assert.Equal(["main", "combined", "aux", "soft"], attack.Fronts!.Keys);
            Assert.Equal(attack.Fronts.Values.OrderDescending(), attack.Fronts.Values);
            Assert.Equal(attack.Robust.Accuracy, attack.Fronts["soft"], 12);
        }
        var probe = _runs.Events("again").Last(e => e.Type == "probeCompleted").Read<ProbeCompleted>();
        Assert.Equal(["diagnostic.auxAccuracy", "diagnostic.headAgreement", "diagnostic.headAgreementAttacked", "diagnostic.maskSwap", "probe.clean", "probe.pgd2"],
            probe.Values.Keys.Order());
        Assert.All(probe.Values.Values, v => Assert.InRange(v, 0, 1));
    }

    [Fact]
    public void Fused_banks_are_predicted_unless_a_weight_is_asked_for()
    {
        var recipe = SmallRun.Recipe(new AfaOptions { Attack = new PgdOptions { Steps = 1 }, GeneratorEpochs = 1 });
        Assert.Equal(ExitCode.Done, _runs.Train("afa", recipe, checkpointSeconds: 600));
        foreach (var weight in new double?[] { null, 0, 0.5, 1 }) Assert.Equal(ExitCode.Done, Evaluate($"weight {weight}", run: "afa", weight: weight));
        Assert.Equal(ExitCode.BadRecipe, Evaluate("plain", weight: 0.5));
        Assert.Contains("bankWeight", _runs.Events("plain")[^1].Read<Failed>().Message, StringComparison.Ordinal);
        var probe = _runs.Events("afa").Last(e => e.Type == "probeCompleted").Read<ProbeCompleted>();
        Assert.InRange(probe.Values["diagnostic.bankWeight"], 0, 1);
        Assert.InRange(probe.Values["diagnostic.bankWeightAttacked"], 0, 1);
    }

    [Fact]
    public void A_network_that_sees_a_crop_is_judged_on_the_middle_of_the_images()
    {
        var recipe = SmallRun.Recipe(new StandardOptions());
        Assert.Equal(ExitCode.Done, _runs.Train("cropped", recipe with { Data = recipe.Data with { Crop = 20 } }, checkpointSeconds: 600));
        Assert.Equal(ExitCode.Done, Evaluate("middle", run: "cropped"));
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var all = Safetensors.Read(Path.Combine(_runs.Folder("middle").Path, OutcomeFiles.All));
        using var model = TrainedModel.Open(new Checkpoints(_runs.Folder("cropped").Checkpoints).Find(Kept.Last), Device.Cpu);
        using var shapes = DatasetShelf.In(_runs.Data).Open(Shapes32.Id);
        using var split = new TensorSplit(shapes.Test, Device.Cpu);
        var x = split.Batch(all["index"].ToArray<long>()).X;
        var middle = x.narrow(2, 6, 20).narrow(3, 6, 20).contiguous();
        Assert.Equal(new Victim(model.Network).Logits(middle).argmax(1).ToArray<long>(), all["clean.predicted"].ToArray<long>());
    }

    [Fact]
    public void A_set_with_some_of_the_classes_is_scored_over_these_alone()
    {
        using (var reader = new SomeShapes(120, 7, 2, 4)) reader.Import(_runs.Data, "some");
        Assert.Equal(ExitCode.Done, Evaluate("some", set: "some"));
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var all = Safetensors.Read(Path.Combine(_runs.Folder("some").Path, OutcomeFiles.All));
        using var model = TrainedModel.Open(new Checkpoints(_runs.Folder("trained").Checkpoints).Find(Kept.Last), Device.Cpu);
        using var some = DatasetShelf.In(_runs.Data).Open("some");
        using var split = new TensorSplit(some.Test, Device.Cpu);
        var logits = new Victim(model.Network).Logits(split.Batch(all["index"].ToArray<long>()).X);
        Assert.Equal(logits.index_select(1, Tensor.From<long>([7, 2, 4], 3)).argmax(1).ToArray<long>(), all["clean.predicted"].ToArray<long>());
        Assert.InRange(all["pgd3.predicted"].max().item<long>(), 0, 2);
        Assert.Equal(3, Results("some").Classes);
        Assert.Contains(_runs.Events("some"), e => e.Type == "log" && e.Read<LogLine>().Text.Contains("3 of the network's 10 classes", StringComparison.Ordinal));
    }

    [Fact]
    public void Helper_heads_are_restricted_to_the_same_classes()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("again", SmallRun.Recipe(new AgainOptions { Attack = new PgdOptions { Steps = 1, Start = Start.Gauss } }, epochs: 1), checkpointSeconds: 600));
        using (var reader = new SomeShapes(60, 1, 8, 3)) reader.Import(_runs.Data, "some");
        Assert.Equal(ExitCode.Done, Evaluate("few heads", run: "again", set: "some"));
        Assert.Equal(["main", "combined", "aux", "soft"], Results("few heads").Attacks[0].Fronts!.Keys);
    }

    [Fact]
    public void A_group_is_evaluated_alone_and_all_groups_have_figures()
    {
        using (var reader = new SomeShapes(40, [.. Enumerable.Range(0, 10)]) { Groups = [new("fog/1", 0, 10), new("fog/2", 10, 10), new("snow/1", 20, 20)] })
            reader.Import(_runs.Data, "grouped");
        Assert.Equal(ExitCode.Done, Evaluate("all", set: "grouped", limit: null));
        Assert.Equal(ExitCode.Done, Evaluate("one", set: "grouped", group: "fog/2", limit: null));
        Assert.Equal(ExitCode.Done, Evaluate("fogs", set: "grouped", group: "fog", limit: null));
        Assert.Equal(ExitCode.Done, Evaluate("few", set: "grouped", group: "snow", limit: 5));
        Assert.Equal(["fog/1", "fog/2", "snow/1"], Results("all").Groups!.Select(g => g.Name));
        Assert.Equal(Results("all").Clean.Right, Results("all").Groups!.Sum(g => g.Clean.Right));
        Assert.Equal(Results("all").Groups![1], Assert.Single(Results("one").Groups!));
        Assert.Equal((10, 20, 5), (Results("one").Samples, Results("fogs").Samples, Results("few").Samples));
        using var scope = Scope.Enter();
        var few = Safetensors.Read(Path.Combine(_runs.Folder("few").Path, OutcomeFiles.All))["index"].ToArray<long>();
        Assert.All(few, i => Assert.InRange(i, 20, 39));

        Assert.Equal(ExitCode.BadRecipe, Evaluate("none", set: "grouped", group: "fo"));
        Assert.Contains("no group 'fo'; it has fog/1, fog/2, snow/1", _runs.Events("none")[^1].Read<Failed>().Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Evaluate("plain", group: "fog/1"));
        Assert.Contains("the test split of 'shapes32' has no groups", _runs.Events("plain")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_without_training_images_is_evaluated_on_and_not_trained_on()
    {
        using (var reader = new SomeShapes(40, 0, 1)) Assert.True(reader.Import(_runs.Data, "tests").TestOnly);
        Assert.Equal(ExitCode.BadRecipe, Evaluate("train", set: "tests", split: Split.Train));
        Assert.Contains("'tests' has no training images", _runs.Events("train")[^1].Read<Failed>().Message, StringComparison.Ordinal);
        var recipe = SmallRun.Recipe();
        Assert.Equal(ExitCode.BadRecipe, _runs.Train("on tests", recipe with { Data = recipe.Data with { Id = "tests" } }));
        Assert.Contains("data.id: 'tests' has no training images", _runs.Events("on tests")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancel_does_not_wait_for_a_long_attack()
    {
        var folder = _runs.Folder("cancelled");
        var code = Evaluate("cancelled", [new PgdOptions { Steps = 10_000, StopAtSuccess = false }], bell: e =>
        {
            if (e is AttackResult { Attack: "clean" }) Command.Cancel.Send(folder.Attempt(1));
        });
        Assert.Equal(ExitCode.Done, code);
        var events = _runs.Events("cancelled");
        Assert.Equal("cancelled", events[^1].Read<Finished>().Outcome);
        Assert.DoesNotContain(events, e => e.Type == "attackResult" && e.Read<AttackResult>().Attack != "clean");
    }

    [Fact]
    public void A_checkpoint_that_is_damaged_or_missing_is_named()
    {
        var last = new Checkpoints(_runs.Folder("trained").Checkpoints).Find(Kept.Last);
        File.WriteAllText(Path.Combine(last, Checkpoints.Average), "x");
        Assert.Equal(ExitCode.BadRecipe, Evaluate("hurt"));
        Assert.Contains(Checkpoints.Average, _runs.Events("hurt")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_request_names_its_fields()
    {
        var folder = _runs.Folder("wrong");
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        File.WriteAllText(folder.Request, """{"checkpoint":"x","attacks":[{"kind":"pgd","steps":-1}]}""");
        Assert.Equal(ExitCode.BadRecipe, Worker.Run(folder, 1, JobKinds.All, TimeProvider.System, null, TextWriter.Null));
        var message = _runs.Events("wrong")[^1].Read<Failed>().Message;
        Assert.Contains("data: is missing", message, StringComparison.Ordinal);
        Assert.Contains("attacks[0].steps", message, StringComparison.Ordinal);
    }

    private int Evaluate(string name, AttackOptions[]? attacks = null, int attempt = 1, Action<EventData>? bell = null, string run = "trained",
        double? weight = null, string set = Shapes32.Id, string? group = null, int? limit = 24, Split split = Split.Test,
        EvaluationMode mode = EvaluationMode.Cascade, Precision precision = Precision.Fp32, int lint = 0)
    {
        var folder = _runs.Folder(name);
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        new EvaluationRequest
        {
            Checkpoint = new Checkpoints(_runs.Folder(run).Checkpoints).Find(Kept.Last),
            Data = set,
            Split = split,
            Group = group,
            Limit = limit,
            BatchSize = 10,
            Mode = mode,
            Precision = precision,
            LintImages = lint,
            BankWeight = weight,
            Attacks = attacks ?? [new PgdOptions { Steps = 3 }, new NoiseOptions(), new PgdOptions { Steps = 3, Start = Start.Zero }],
        }.Write(folder.Request);
        return Worker.Run(folder, attempt, JobKinds.All, TimeProvider.System, bell, TextWriter.Null);
    }

    private EvaluationResults Results(string name) => JobJson.Read<EvaluationResults>(Path.Combine(_runs.Folder(name).Path, "results.json"));

    private byte[] Outcomes(string name, string file = OutcomeFiles.All) => File.ReadAllBytes(Path.Combine(_runs.Folder(name).Path, file));

    private static long Count(Tensor flags) => flags.sum().item<long>();
}

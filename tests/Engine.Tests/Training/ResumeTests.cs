using WebLab.Engine.Attacks;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Tests.Methods;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class ResumeTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    private sealed class Killed : Exception;

    [Fact]
    public void Killed_after_any_event_and_resumed_equals_undisturbed_bit_for_bit()
    {
        var recipe = SmallRun.Recipe();
        Completes("whole", recipe);
        // How often progress is told depends on the machine.
        var events = _runs.Events("whole").Count(e => e.Type != "stepProgress");
        for (var at = 1; at < events; at += 4)
        {
            var (name, told) = ($"killed-{at}", 0);
            Assert.Equal(ExitCode.Unknown, _runs.Train(name, recipe, 1, e =>
            {
                if (e is not StepProgress && ++told >= at) throw new Killed();
            }));
            Completes(name, recipe, 2);
            Same(_runs.Last("whole"), _runs.Last(name));
        }
    }

    public static TheoryData<string> All => SmallMethods.All;

    // Whatever they carry from step to step: teacher, policy, perturbation, strengths, generators, guard.
    [Theory]
    [MemberData(nameof(All))]
    public void Paused_at_every_step_equals_undisturbed(string kind)
    {
        var recipe = SmallRun.Recipe(kind switch
        {
            "afa" => new AfaOptions { Attack = new PgdOptions { Steps = 2 }, GeneratorEpochs = 1 },
            "again" => new AgainOptions { Attack = new PgdOptions { Steps = 2, Start = Start.Gauss }, Gamma = 0.005, StartEpoch = 2 },
            "fast" => new FastOptions { GuardDrop = 1, GuardAttack = new PgdOptions { Steps = 1 } },
            "lbgat" => new LbgatOptions { Attack = new PgdOptions { Steps = 1, Start = Start.Gauss }, Teacher = new TinyCnnOptions() },
            "las-at" => new LasAtOptions
            {
                Policy = new TinyCnnOptions(), StepsTo = 4, PolicyEvery = 2, PolicyMomentum = 0.9, BaselineDecay = 0.9, Judge = new PgdOptions { Steps = 1 },
            },
            "adversarial-then-clean" => new AdversarialThenCleanOptions { Attack = new PgdOptions { Steps = 1 } },
            "alfa" => new AlfaOptions { Locations = ["stage1", "stage2"], LocationsPerStep = 1, RandomStart = true },
            "l-alfa" => new LearnedAlfaOptions { Locations = ["stage1", "stage3"], Steps = 2 },
            "advprop" => new AdvPropOptions { Banks = 3, View = [new FlipOptions()], BatchStatsSteps = 3, StartChance = 0.5 },
            "awp" => new AwpOptions { Attack = new PgdOptions { Steps = 1 }, StartEpoch = 2 },
            _ => SmallMethods.Options(kind),
        });
        PausedEqualsUndisturbed(recipe);
    }

    private void PausedEqualsUndisturbed(Recipe recipe)
    {
        Assert.Equal(ExitCode.Done, _runs.Train("whole", recipe, checkpointSeconds: 600));
        for (var attempt = 1; attempt < 20; attempt++)
        {
            // A pause that is there at the start lets exactly one batch through.
            Command.Pause.Send(_runs.Folder("paused").Attempt(attempt));
            Assert.Equal(ExitCode.Done, _runs.Train("paused", recipe, attempt, checkpointSeconds: 600));
            if (_runs.Events("paused", attempt)[^1].Read<Finished>().Outcome == "completed") break;
        }
        Same(_runs.Last("whole"), _runs.Last("paused"));
    }

    public static TheoryData<string> Optimizers => [.. Kinds.Optimizers.Entries.Select(e => e.Kind)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_optimiser_paused_at_every_step_equals_undisturbed(string kind)
    {
        var optimizer = (OptimizerOptions)Kinds.Optimizers.Find(kind)!.Default();
        var recipe = SmallRun.Recipe(new StandardOptions());
        PausedEqualsUndisturbed(recipe with
        {
            Optimizer = optimizer,
            Data = recipe.Data with { Augment = [new AutoAugmentOptions()] },
            Training = recipe.Training with { LabelSmoothing = 0.1, Mixup = 0.4 },
        });
    }

    [Fact]
    public void A_damaged_checkpoint_is_told_and_the_one_before_used()
    {
        var recipe = SmallRun.Recipe();
        Completes("whole", recipe);
        Assert.Equal(ExitCode.Unknown, _runs.Train("hurt", recipe, 1, e =>
        {
            if (e is EpochCompleted) throw new Killed();
        }));
        var last = new Checkpoints(_runs.Folder("hurt").Checkpoints).Find(Kept.Last);
        Flip(Path.Combine(last, Checkpoints.State));
        Completes("hurt", recipe, 2);
        Assert.Contains(_runs.Events("hurt", 2), e => e.Type == "log" && e.Read<LogLine>().Text.Contains(Checkpoints.State, StringComparison.Ordinal));
        Same(_runs.Last("whole"), _runs.Last("hurt"));
    }

    [Fact]
    public void Any_flipped_byte_of_a_manifest_is_found()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("one", SmallRun.Recipe(new StandardOptions(), epochs: 1), checkpointSeconds: 600));
        var last = new Checkpoints(_runs.Folder("one").Checkpoints).Find(Kept.Last);
        var path = Path.Combine(last, CheckpointManifest.FileName);
        var whole = File.ReadAllBytes(path);
        for (var k = 0; k < whole.Length; k += 37)
        {
            File.WriteAllBytes(path, [.. whole[..k], (byte)(whole[k] ^ 0x01), .. whole[(k + 1)..]]);
            Assert.Throws<InvalidDataException>(() => Checkpoints.Verify(last));
            File.WriteAllBytes(path, whole[..k]);
            Assert.Throws<InvalidDataException>(() => Checkpoints.Verify(last));
        }
        File.WriteAllBytes(path, whole);
        Checkpoints.Verify(last);
    }

    [Fact]
    public void Another_recipe_does_not_go_on_with_the_checkpoint()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("one", SmallRun.Recipe(new StandardOptions(), epochs: 1)));
        Assert.Equal(ExitCode.BadRecipe, _runs.Train("one", SmallRun.Recipe(new StandardOptions(), epochs: 2), 2));
    }

    // A pause ends a run as quietly as its completion does, and a signal to the tests' own process asks for one.
    private void Completes(string name, Recipe recipe, int attempt = 1)
    {
        Assert.Equal(ExitCode.Done, _runs.Train(name, recipe, attempt));
        Assert.Equal("completed", _runs.Events(name, attempt)[^1].Read<Finished>().Outcome);
    }

    private static void Same(CheckpointManifest a, CheckpointManifest b)
    {
        Assert.Equal(a.Files, b.Files);
        Assert.Equal(a.StateHash(), b.StateHash());
        Assert.Equal(a.Check, b.Check);
    }

    private static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^5] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}

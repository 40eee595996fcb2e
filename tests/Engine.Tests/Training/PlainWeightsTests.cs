using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class PlainWeightsTests : IDisposable
{
    private static readonly AdvPropOptions advprop = new() { Attack = new PgdOptions { Steps = 1 } };

    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_bank_that_is_exported_is_a_plain_network_with_the_same_logits(int bank)
    {
        using var scope = Scope.Enter();
        var checkpoint = Trained(advprop);
        using var model = TrainedModel.Open(checkpoint, Device.Cpu);
        Assert.Equal(0, Entry.Run(["export", checkpoint, Place("plain"), "--bank", $"{bank}"]));
        var file = Safetensors.ReadHeader(Place("plain"));
        Assert.DoesNotContain(file.Entries, e => e.Name.Contains("aux", StringComparison.Ordinal));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Contains("tinycnn", file.Metadata["model"], StringComparison.Ordinal);
        using var plain = new TinyCnnOptions().Build(model.Manifest.Shape with { Banks = 1 });
        PlainWeights.Read(Place("plain"), plain);
        plain.To(channelsLast: true);
        var x = Architectures.Images(4).to(DType.Float32);
        using var off = NoGrad.Enter();
        Assert.True(plain.Forward(x, Pass.Eval).equal(model.Network.Forward(x, Pass.Eval with { Route = Route.One(bank) })));
    }

    [Fact]
    public void Averaged_weights_are_exported_unless_the_others_are_asked_for()
    {
        using var scope = Scope.Enter();
        var checkpoint = Trained(new StandardOptions());
        Assert.Equal(0, Entry.Run(["export", checkpoint, Place("averaged")]));
        Assert.Equal(0, Entry.Run(["export", checkpoint, Place("live"), "--unaveraged"]));
        Assert.True(Read("averaged").equal(Safetensors.Read(Path.Combine(checkpoint, Checkpoints.Average))["fc.weight"]));
        Assert.True(Read("live").equal(Safetensors.Read(Path.Combine(checkpoint, Checkpoints.Weights))["fc.weight"]));

        Tensor Read(string name) => Safetensors.Read(Place(name))["fc.weight"];
    }

    [Fact]
    public void A_run_begins_from_weights_and_is_trained_on()
    {
        using var scope = Scope.Enter();
        Assert.Equal(0, Entry.Run(["export", Trained(new StandardOptions()), Place("plain")]));
        var (recipe, folder) = (SmallRun.Recipe(advprop), _runs.Folder("tuned"));
        File.WriteAllText(Path.Combine(_runs.Data, "recipe.json"), RecipeJson.Canonical(recipe));
        string[] import = ["import-weights", Place("plain"), Path.Combine(_runs.Data, "recipe.json"), "--data", _runs.Data, "--out", folder.Path];
        Assert.Equal(0, Entry.Run(import));
        using (var model = TrainedModel.Open(new Checkpoints(folder.Checkpoints).Find(Kept.Last), Device.Cpu))
            foreach (var bank in new[] { 0, 1 })
                Assert.All(Safetensors.Read(Place("plain")), t => Assert.True(model.Network.Plain(bank)[t.Key].equal(t.Value), t.Key));
        Assert.Equal(ExitCode.BadData, Entry.Run(import));
        Assert.Equal(ExitCode.Done, _runs.Train("tuned", recipe, checkpointSeconds: 600));
        Assert.Equal("e000-s00000000", _runs.Events("tuned")[0].Read<AttemptStarted>().ResumedFrom);
        Assert.Equal("completed", _runs.Events("tuned")[^1].Read<Finished>().Outcome);
    }

    [Fact]
    public void A_file_in_pytorchs_other_habits_is_read_and_one_that_does_not_fit_is_named()
    {
        using var scope = Scope.Enter();
        using var source = Architectures.Fresh("tinycnn", seed: 3);
        using var target = Architectures.Fresh("tinycnn", seed: 4);
        Safetensors.Write(Place("wrapped"), source.Tensors().Where(t => t.Value.dtype.IsFloat()).Select(t => KeyValuePair.Create($"module.{t.Key}", t.Value.to(DType.Float32))));
        PlainWeights.Read(Place("wrapped"), target);
        Assert.True((target.Tensors()["conv2.weight"] - source.Tensors()["conv2.weight"]).abs().max().item<double>() < 1e-7);
        Assert.Equal(0, target.Tensors()["bn1.num_batches_tracked"].item<long>());
        using var wider = Architectures.Fresh("tinycnn", classes: 7);
        Assert.Equal("'fc.weight': got shape [5, 16], tinycnn wants [7, 16]", Assert.Throws<ArgumentException>(() => PlainWeights.Read(Place("wrapped"), wider)).Message);
        using var other = Architectures.Fresh("smallcnn");
        Assert.Contains("conv1.weight", Assert.Throws<ArgumentException>(() => PlainWeights.Read(Place("wrapped"), other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fused_banks_are_not_exported_unless_one_is_named()
    {
        var checkpoint = Trained(new AfaOptions { Attack = new PgdOptions { Steps = 1 }, GeneratorEpochs = 1 });
        Assert.Contains("bank 0 or 1", Assert.Throws<ArgumentException>(() => PlainWeights.Export(checkpoint, Place("fused"))).Message, StringComparison.Ordinal);
        PlainWeights.Export(checkpoint, Place("fused"), bank: 1);
        Assert.Contains("banks 0 to 1", Assert.Throws<ArgumentException>(() => PlainWeights.Export(checkpoint, Place("fused"), bank: 2)).Message, StringComparison.Ordinal);
    }

    private string Trained(MethodOptions method)
    {
        Assert.Equal(ExitCode.Done, _runs.Train("run", SmallRun.Recipe(method), checkpointSeconds: 600));
        return new Checkpoints(_runs.Folder("run").Checkpoints).Find(Kept.Last);
    }

    private string Place(string name) => Path.Combine(_runs.Data, $"{name}.safetensors");
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Onnx;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;
using Xunit;

namespace WebLab.Engine.Tests.Onnx;

/// <summary>What another program makes of an exported network: OpenCV's dnn, through a small program that the tests compile.</summary>
public sealed class OnnxExportTests : IDisposable
{
    private static readonly Lazy<string?> dnn = new(Compiled);

    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [MemberData(nameof(Architectures.All), MemberType = typeof(Architectures))]
    public void Logits_of_opencv_are_within_a_ten_thousandth_of_libtorchs(string kind)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        // Statistics that follow these images at once.
        var options = Architectures.Narrow(kind) is EfficientNetOptions efficient ? efficient with { BnMomentum = 0.5 } : Architectures.Narrow(kind);
        using var network = options.Build(new NetShape(3, 5, [0.5, 0.4, 0.3], [0.2, 0.25, 0.3], Banks: 2));
        network.Initialise(new Rng(1));
        var x = Architectures.Images(3).to(DType.Float32);
        Settle(network, x);
        using var folds = new Folds();
        OnnxExport.Write(network, Pass.Eval with { Folds = folds }, [3, 32, 32], Place("net"), new Dictionary<string, string>());
        Near(Theirs("net", x, 5), network.Forward(x, Pass.Eval));
    }

    [Fact]
    public void A_checkpoint_of_the_verb_answers_as_the_lab_does_and_says_what_it_is()
    {
        using var scope = Scope.Enter();
        var checkpoint = Trained(new StandardOptions());
        using var off = NoGrad.Enter();
        Assert.Equal(0, WebLab.Engine.Cli.Entry.Run(["export", checkpoint, Place("net")]));
        using var model = TrainedModel.Open(checkpoint, Device.Cpu);
        var (size, shape) = (model.Manifest.Data, model.Manifest.Shape);
        var x = new Rng(3).Draw("x", Ops.arange(4), 0).Uniform("x", 0, 1, shape.Channels, size.Height, size.Width);
        Assert.Contains("tinycnn", System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(Place("net"))), StringComparison.Ordinal);
        Near(Theirs("net", x, shape.Classes), model.Network.Forward(x, Pass.Eval));
    }

    [Fact]
    public void What_has_no_plain_graph_is_refused_with_the_reason()
    {
        var fused = Trained(new AfaOptions { Attack = new WebLab.Engine.Attacks.PgdOptions { Steps = 1 }, GeneratorEpochs = 1 });
        Assert.Contains("bank 0 or 1", Assert.Throws<ArgumentException>(() => OnnxExport.Checkpoint(fused, Place("net"))).Message, StringComparison.Ordinal);
        OnnxExport.Checkpoint(fused, Place("net"), bank: 1);
        Assert.Contains("banks 0 to 1", Assert.Throws<ArgumentException>(() => OnnxExport.Checkpoint(fused, Place("net"), bank: 2)).Message, StringComparison.Ordinal);
        Assert.Contains("attribution heads",
            Assert.Throws<ArgumentException>(() => OnnxExport.Checkpoint(Trained(new CasOptions { Attack = new WebLab.Engine.Attacks.PgdOptions { Steps = 1 } }, "cas"), Place("net"))).Message, StringComparison.Ordinal);
    }

    private static void Near(Tensor theirs, Tensor ours)
    {
        Assert.Equal(ours.shape, theirs.shape);
        var off = (theirs - ours).abs().max().item<double>();
        Assert.True(off < 1e-4 * Math.Max(1, ours.abs().max().item<double>()), $"off by {off}; logits up to {ours.abs().max().item<double>()}");
        Assert.True((ours[0] - ours[1]).abs().max().item<double>() > 1e-4, "two images have the same logits");
    }

    // Running statistics of these images, so that every layer's scale and shift count.
    private static void Settle(Network network, Tensor x)
    {
        for (var k = 0; k < 20; k++) network.Forward(x, Pass.Eval with { Stats = StatsMode.BatchUpdate, Route = Route.One(0) });
        foreach (var (name, slot) in network.State)
            if (slot.Shape.Count == 1 && slot.Learned) slot.Value.add_(new Rng(9).Draw(name, 0).Uniform("shift", -0.05, 0.05, [.. slot.Shape]).squeeze(0));
    }

    private Tensor Theirs(string name, Tensor x, int classes)
    {
        Assert.SkipWhen(dnn.Value is null, "needs g++ and libopencv-dnn (apt-get install g++ libopencv-dev)");
        File.WriteAllBytes(Place("x"), MemoryMarshal.AsBytes<float>(x.contiguous().ToArray<float>()).ToArray());
        var said = Run(dnn.Value, [Place(name), Place("x"), Place("y"), .. x.shape.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        Assert.True(said is null, said);
        return Tensor.From(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Place("y"))), x.shape[0], classes);
    }

    private string Trained(MethodOptions method, string run = "run")
    {
        Assert.Equal(ExitCode.Done, _runs.Train(run, SmallRun.Recipe(method), checkpointSeconds: 600));
        return new Checkpoints(_runs.Folder(run).Checkpoints).Find(Kept.Last);
    }

    private string Place(string name) => Path.Combine(_runs.Data, $"{name}.onnx");

    // Null where there is no compiler or no dnn.
    private static string? Compiled()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "dnn");
        return Run("g++", ["-std=c++17", "-O1", Path.Combine(Here(), "dnn.cpp"), "-I/usr/include/opencv4", "-lopencv_dnn", "-lopencv_core", "-o", program]) is null ? program : null;
    }

    // Null when it ended well, else what it said.
    private static string? Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said.Length > 0 ? said : $"{program} ended with {process.ExitCode}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

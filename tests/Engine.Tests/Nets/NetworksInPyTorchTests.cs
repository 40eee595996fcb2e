using System.Diagnostics;
using System.Runtime.CompilerServices;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;
using Xunit;

namespace WebLab.Engine.Tests.Nets;

/// <summary>Weights that go to the same network in plain PyTorch, and weights that come from there. Needs Debian's python3-torch.</summary>
public sealed class NetworksInPyTorchTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> hasTorch = new(() => File.Exists(Python) && Run("-c", "import torch") is null);

    private readonly TempFolder _temp = new();

    public static TheoryData<string> Twins => ["resnet18", "preactresnet18", "wrn", "resnet50", "efficientnet-b0", "efficientnet-b2"];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [MemberData(nameof(Twins))]
    public void The_main_bank_answers_alike_in_pytorch(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Build(kind, banks: 2, normalize: true);
        network.Initialise(new Rng(1));
        var x = Images();
        Disturb(network);
        Settle(network, x);
        Safetensors.Write(Place("weights"), network.Plain(0), new Dictionary<string, string> { ["mean"] = "[0.5, 0.4, 0.3]", ["std"] = "[0.2, 0.25, 0.3]" });
        var theirs = Theirs("read", kind);
        using var off = NoGrad.Enter();
        Near(network.Forward(x, Pass.Eval), theirs);
        Assert.True((network.Forward(x, Pass.Eval with { Route = Route.One(1) }) - theirs).abs().max().item<double>() > 1e-3);
    }

    [Theory]
    [MemberData(nameof(Twins))]
    public void Weights_of_pytorch_answer_alike_here_through_every_bank(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images();
        var theirs = Theirs("write", kind);
        using var network = Build(kind, banks: 2, normalize: false);
        PlainWeights.Read(Place("weights"), network);
        using var off = NoGrad.Enter();
        Near(network.Forward(x, Pass.Eval), theirs);
        Near(network.Forward(x, Pass.Eval with { Route = Route.One(1) }), theirs);
    }

    // The architectures of torch_twins.py.
    private static Network Build(string kind, int banks, bool normalize)
    {
        ArchitectureOptions options = kind switch
        {
            "resnet18" => new ResNet18Options { Width = 8 },
            "resnet50" => new ResNet50Options { Width = 8, Stem = Stem.Imagenet },
            "efficientnet-b0" => new EfficientNetB0Options { BnMomentum = 1 },
            "efficientnet-b2" => new EfficientNetB2Options { BnMomentum = 1 },
            "preactresnet18" => new PreActResNet18Options { Width = 8 },
            _ => new WideResNetOptions { Depth = 16, Widen = 1 },
        };
        return options.Build(normalize ? new NetShape(3, 5, [0.5, 0.4, 0.3], [0.2, 0.25, 0.3], banks) : new NetShape(3, 5, Banks: banks));
    }

    // In a fresh deep network an image fades on the way to the logits; by statistics of its own it does not.
    private static void Settle(Network network, Tensor x)
    {
        using var off = NoGrad.Enter();
        foreach (var bank in new[] { 0, 1 }) network.Forward(x, new Pass { Stats = StatsMode.BatchUpdate, Route = Route.One(bank) });
    }

    // Statistics and affine parameters that differ from bank to bank.
    private static void Disturb(Network network)
    {
        using var off = NoGrad.Enter();
        foreach (var (name, slot) in network.State.Where(s => s.Slot.Shape.Count == 1 && !s.Name.StartsWith("fc", StringComparison.Ordinal)))
            slot.Value.add_(new Rng(9).Draw("disturb", 0).Uniform(name, 0.1, 0.5, [.. slot.Shape]).squeeze(0));
    }

    private Tensor Images()
    {
        var x = Architectures.Images(3, 64).to(DType.Float32);
        Safetensors.Write(Place("images"), [new("x", x)]);
        return x;
    }

    private Tensor Theirs(string mode, string kind)
    {
        if (!hasTorch.Value) Assert.Skip($"{Python} with the package torch (python3-torch) is not there");
        Assert.Null(Run(Script(), mode, kind, Place("weights"), Place("images"), Place("logits")));
        return Safetensors.Read(Place("logits"))["logits"];
    }

    private static void Near(Tensor ours, Tensor theirs)
    {
        Assert.True(theirs.std(0).max().item<double>() > 1e-3, $"all images answer alike: {theirs.std(0).max().item<double>()}");
        Assert.True((ours - theirs).abs().max().item<double>() < 1e-5 * Math.Max(1, theirs.abs().max().item<double>()), $"logits up to {theirs.abs().max().item<double>()} are {(ours - theirs).abs().max().item<double>()} apart");
    }

    // What went wrong, or null.
    private static string? Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        var complaint = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : complaint;
    }

    private string Place(string name) => Path.Combine(_temp.Path, $"{name}.safetensors");

    private static string Script([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "torch_twins.py");
}

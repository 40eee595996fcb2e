using System.Diagnostics;
using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Lab;

/// <summary>One interactive attack: images in, before and after, the difference and the loss of every step out.</summary>
/// <param name="model">The network.</param>
/// <param name="device">Where it lives.</param>
/// <param name="tell">Takes every step as it happens; throws <see cref="OperationCanceledException"/> to stop.</param>
public sealed class Theatre(TrainedModel model, Device device, Action<LabStep> tell) : IStepObserver
{
    private const int Shown = 5;
    private List<double>[] _losses = [];
    private long[] _labels = [];

    /// <exception cref="ArgumentException">Images or labels do not fit the network.</exception>
    public LabResult Play(LabAttack request)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var x = Load(request.Images);
        var victim = new Victim(model.Network, model.Frozen);
        var before = Guesses(victim.Logits(x));
        _losses = [.. request.Images.Select(_ => new List<double>())];
        _labels = [.. request.Images.Select((image, k) => (long)(Checked(image.Label, "label") ?? before[k][0].Label))];
        long[] targets = [.. request.Images.Select((image, k) => (long)(Checked(image.Target, "target") ?? before[k].First(g => g.Label != _labels[k]).Label))];
        var (y, aims) = (Tensor.From(_labels, _labels.Length).to(device), Tensor.From(targets, targets.Length).to(device));

        var attack = request.Options.Deserialize<AttackOptions>(OptionsJson.Canonical)!.Build();
        var samples = Ops.arange(_labels.Length, DType.Int64, device);
        var started = Stopwatch.GetTimestamp();
        Outcome outcome;
        using (WithGrad.Enter())
            outcome = attack.Run(victim, x, y, new Rng(request.Seed).Draw("lab", samples, 0), aims, this);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        var rounded = outcome.X.mul(255).round().div(255);
        var (after, afterRounding) = (Guesses(victim.Logits(outcome.X)), Guesses(victim.Logits(rounded)));
        return new LabResult(device.ToString(), seconds, [.. request.Images.Select((_, k) => new LabItem((int)_labels[k],
            Top(before[k]), Top(after[k]), Top(afterRounding[k]), outcome.Success[k].item<bool>(), afterRounding[k][0].Label != _labels[k],
            outcome.Linf[k].item<float>(), outcome.L2[k].item<float>(), outcome.Forwards[k].item<long>(), outcome.Backwards[k].item<long>(), _losses[k],
            Save(request.Folder, $"{k}-seen.png", x[k]),
            Save(request.Folder, $"{k}-adversarial.png", rounded[k]),
            Save(request.Folder, $"{k}-delta.png", outcome.X[k].sub(x[k]).mul(request.Amplify).add(0.5).clamp(0, 1))))]);
    }

    void IStepObserver.OnStep(AttackStep step)
    {
        var rows = step.Rows.to(Device.Cpu).ToArray<long>();
        var losses = step.Loss.to(Device.Cpu).to(DType.Float64).ToArray<double>();
        var guesses = Guesses(step.Logits);
        var points = rows.Select((row, k) => new LabPoint((int)row, losses[k], guesses[k][0].Label,
            guesses[k].First(g => g.Label == _labels[row]).Probability)).ToList();
        foreach (var point in points)
            _losses[point.Image].Add(point.Loss);
        tell(new LabStep(step.Round, step.Step, step.Steps, points));
    }

    private int? Checked(int? label, string name) => label is null || (label >= 0 && label < model.Network.Shape.Classes) ? label
        : throw new ArgumentException($"{name}: got {label}, the network has classes 0 to {model.Network.Shape.Classes - 1}");

    // N x C x H x W float in [0,1], with the channels the network wants.
    private Tensor Load(IReadOnlyList<LabImage> images) => Ops.cat([.. images.Select(image =>
    {
        var bytes = File.ReadAllBytes(image.File);
        if (bytes.Length != image.Channels * image.Height * image.Width)
            throw new ArgumentException($"{Path.GetFileName(image.File)} has {bytes.Length} bytes; wanted {image.Channels}x{image.Height}x{image.Width}");
        var pixels = Tensor.From(bytes, 1, image.Channels, image.Height, image.Width).to(DType.Float32).div(255);
        if (CentreCrop.Misfit(model.Manifest.Data.Crop, new ImageShape(image.Channels, image.Height, image.Width), Path.GetFileName(image.File)) is { } misfit)
            throw new ArgumentException($"the network's side of {misfit}");
        pixels = CentreCrop.Apply(pixels, model.Manifest.Data.Crop);
        return (image.Channels, model.Network.Shape.Channels) switch
        {
            (3, 1) => pixels.mul(Tensor.From([0.299f, 0.587f, 0.114f], 1, 3, 1, 1)).sum([1], true), // luma of ITU-R BT.601
            (1, 3) => Ops.cat([pixels, pixels, pixels], 1),
            var (has, wants) when has == wants => pixels,
            var (has, wants) => throw new ArgumentException($"the image has {has} channels, the network wants {wants}"),
        };
    })], 0).clamp(0, 1).to(device);

    // All classes of each image, most likely first.
    private List<LabGuess>[] Guesses(Tensor logits)
    {
        using var scope = Scope.Enter();
        var names = model.Manifest.Data.Classes;
        var classes = (int)logits.size(1);
        var p = logits.softmax(1).to(Device.Cpu).to(DType.Float64).ToArray<double>();
        return [.. Enumerable.Range(0, (int)logits.size(0)).Select(n => Enumerable.Range(0, classes)
            .Select(c => new LabGuess(c, c < names.Count ? names[c] : c.ToString(System.Globalization.CultureInfo.InvariantCulture), p[n * classes + c]))
            .OrderByDescending(g => g.Probability).ThenBy(g => g.Label).ToList())];
    }

    private static IReadOnlyList<LabGuess> Top(List<LabGuess> guesses) => [.. guesses.Take(Shown)];

    // image: C x H x W float in [0,1].
    private static string Save(string folder, string name, Tensor image)
    {
        var bytes = image.mul(255).round().to(DType.UInt8).to(Device.Cpu).contiguous().ToArray<byte>();
        Durable.Replace(Path.Combine(folder, name), PngFile.Encode(RgbImage.FromPlanes(bytes, (int)image.size(0), (int)image.size(1), (int)image.size(2))), sync: false);
        return name;
    }
}

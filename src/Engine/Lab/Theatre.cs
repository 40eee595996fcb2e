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
public sealed class Theatre(TrainedModel model, Device device, Action<LabStep> tell)
{
    internal const int Shown = 5;

    /// <exception cref="ArgumentException">Images or labels do not fit the network.</exception>
    public LabResult Play(LabAttack request)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var x = Load(request.Images, i => i.File);
        var victim = new Victim(model.Network, model.Frozen);
        var before = Guesses(victim.Logits(x));
        long[] labels = [.. request.Images.Select((image, k) => (long)(Checked(image.Label, "label") ?? before[k][0].Label))];
        long[] targets = [.. request.Images.Select((image, k) => (long)(Checked(image.Target, "target") ?? before[k].First(g => g.Label != labels[k]).Label))];
        var film = new Film(x, labels, targets, Guesses, request.Frames, request.Amplify, tell);
        var started = Stopwatch.GetTimestamp();
        var outcome = request.Options is { } options ? Attack(options, victim, x, labels, targets, request.Seed, film) : null;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        var found = outcome?.X ?? Load(request.Images, i => i.Changed ?? i.File);
        var rounded = found.mul(255).round().div(255);
        var (after, afterRounding) = (Guesses(victim.Logits(found)), Guesses(victim.Logits(rounded)));
        var delta = found.sub(x);
        var (linf, l2) = (Projections.LinfNorm(delta), Projections.L2Norm(delta).flatten());
        var items = request.Images.Select((_, k) => new LabItem((int)labels[k], Top(before[k]), Top(after[k]), Top(afterRounding[k]),
            outcome?.Success[k].item<bool>() ?? after[k][0].Label != labels[k], afterRounding[k][0].Label != labels[k],
            linf[k].item<float>(), l2[k].item<float>(), outcome?.Forwards[k].item<long>() ?? 0, outcome?.Backwards[k].item<long>() ?? 0, film.Losses[k],
            Save(request, $"{k}-seen.png", x[k]), Save(request, $"{k}-adversarial.png", rounded[k]),
            Save(request, $"{k}-delta.png", delta[k].mul(request.Amplify).add(0.5).clamp(0, 1)))).ToList();
        var reels = film.Close(found, before, after, outcome?.Loss.to(Device.Cpu).to(DType.Float64).ToArray<double>());
        return new LabResult(device.ToString(), seconds, items, request.Frames == 0 ? null : [.. reels.Select((reel, k) => Keep(request, k, (int)targets[k], reel, found[k], delta[k]))]);
    }

    private Outcome Attack(JsonElement options, Victim victim, Tensor x, long[] labels, long[] targets, ulong seed, Film film)
    {
        var attack = options.Deserialize<AttackOptions>(OptionsJson.Canonical)!.Build();
        var (y, aims) = (Tensor.From(labels, labels.Length).to(device), Tensor.From(targets, targets.Length).to(device));
        using var on = WithGrad.Enter();
        return attack.Run(victim, x, y, new Rng(seed).Draw("lab", Ops.arange(labels.Length, DType.Int64, device), 0), aims, film);
    }

    private static LabTrace Keep(LabAttack request, int k, int target, (int Looks, IReadOnlyList<LabFrame> Frames, RgbImage Strip) reel, Tensor found, Tensor delta)
    {
        string Put(string name, byte[] bytes)
        {
            Durable.Replace(Path.Combine(request.Folder, request.Prefix + name), bytes, sync: false);
            return request.Prefix + name;
        }

        static byte[] Exact(Tensor t) => NpyFile.Encode(t.to(Device.Cpu).contiguous().ToArray<float>(), (int)t.size(0), (int)t.size(1), (int)t.size(2));
        return new LabTrace(target, reel.Strip.Height / 2, reel.Looks, reel.Frames, Put($"{k}-film.png", PngFile.Encode(reel.Strip)),
            Put($"{k}-adversarial.npy", Exact(found)), Put($"{k}-difference.npy", Exact(delta)));
    }

    private int? Checked(int? label, string name) => label is null || (label >= 0 && label < model.Network.Shape.Classes) ? label
        : throw new ArgumentException($"{name}: got {label}, the network has classes 0 to {model.Network.Shape.Classes - 1}");

    // N x C x H x W float in [0,1], with the channels the network wants.
    private Tensor Load(IReadOnlyList<LabImage> images, Func<LabImage, string> file) => Ops.cat([.. images.Select(image =>
    {
        var bytes = File.ReadAllBytes(file(image));
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

    // image: C x H x W float in [0,1]. Nothing is written, and the name empty, where no pictures are wanted.
    private static string Save(LabAttack request, string name, Tensor image)
    {
        if (!request.Pictures) return "";
        var bytes = image.mul(255).round().to(DType.UInt8).to(Device.Cpu).contiguous().ToArray<byte>();
        var picture = RgbImage.FromPlanes(bytes, (int)image.size(0), (int)image.size(1), (int)image.size(2));
        Durable.Replace(Path.Combine(request.Folder, request.Prefix + name), PngFile.Encode(picture), sync: false);
        return request.Prefix + name;
    }
}

using System.Diagnostics;
using WebLab.Engine.Attacks;
using WebLab.Engine.Images;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Lab;

/// <summary>
/// Films an attack: keeps frames of every image, spread evenly over its looks, and tells of steps as they happen. It only looks: the attack
/// goes as it would unwatched.
/// </summary>
/// <param name="clean">N x C x H x W float in [0,1].</param>
/// <param name="labels">The class that each image is led away from.</param>
/// <param name="targets">The class whose probability is followed beside it.</param>
/// <param name="guess">Classes by probability of logits n x K, most likely first.</param>
/// <param name="most">Frames to keep of each image, the clean one and the result included; 0: none.</param>
/// <param name="amplify">What the shown difference is multiplied with.</param>
/// <param name="tell">Takes every step.</param>
internal sealed class Film(Tensor clean, long[] labels, long[] targets, Func<Tensor, List<LabGuess>[]> guess, int most, double amplify, Action<LabStep> tell) : IStepObserver
{
    private const int LargestSide = 96;

    // At most 20 pictures a second leave the worker.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly Reel<Shot>[] _reels = [.. labels.Select(_ => new Reel<Shot>(Math.Max(2, most - 2)))];
    private readonly Dictionary<int, Shot> _open = [];
    private readonly int _shrink = (int)Math.Max(1, (Math.Max(clean.size(2), clean.size(3)) + LargestSide - 1) / LargestSide);
    private LabStep? _waiting;
    private bool _live;
    private long _told = Stopwatch.GetTimestamp() - (2 * Stopwatch.Frequency);

    /// <summary>The loss before each step, by image.</summary>
    public List<double>[] Losses { get; } = [.. labels.Select(_ => new List<double>())];

    public void OnStep(AttackStep step)
    {
        Flush();
        _open.Clear();
        var rows = step.Rows.to(Device.Cpu).ToArray<long>();
        var losses = step.Loss.to(Device.Cpu).to(DType.Float64).ToArray<double>();
        var guesses = guess(step.Logits);
        _live = most > 0 && Stopwatch.GetElapsedTime(_told) >= Pace;
        var shots = most > 0 && (_live || rows.Any(r => _reels[r].Wants)) ? Shoot(step, rows, losses, guesses) : null;
        var points = new List<LabPoint>();
        for (var k = 0; k < rows.Length; k++)
        {
            var (row, reel) = ((int)rows[k], _reels[rows[k]]);
            Losses[row].Add(losses[k]);
            points.Add(new LabPoint(row, losses[k], guesses[k][0].Label, Of(guesses[k], labels[row])));
            if (shots is not null && (_live || reel.Wants)) _open[row] = shots[k];
            if (shots is not null && reel.Wants) reel.Add(shots[k]);
            else reel.Skip();
        }

        _waiting = new LabStep(step.Round, step.Step, step.Steps, points);
        // What is shown waits for its gradient.
        if (!_live) Flush();
        else _told = Stopwatch.GetTimestamp();
    }

    public void OnGradient(Tensor rows, Tensor gradient)
    {
        if (_open.Count == 0) return;
        using var scope = Scope.Enter();
        var norms = gradient.flatten(1).square().sum([1]).sqrt().to(Device.Cpu).to(DType.Float64).ToArray<double>();
        foreach (var (row, norm) in rows.to(Device.Cpu).ToArray<long>().Zip(norms))
            if (_open.TryGetValue((int)row, out var shot)) shot.Gradient = Finite(norm);
    }

    /// <summary>Ends the film.</summary>
    /// <param name="x">Results, N x C x H x W.</param>
    /// <param name="before">Guesses of the clean images.</param>
    /// <param name="after">Guesses of the results.</param>
    /// <param name="loss">The attack's loss at the results, N; null without an attack.</param>
    /// <returns>The frames of every image, and their pictures one after the other.</returns>
    public IReadOnlyList<(int Looks, IReadOnlyList<LabFrame> Frames, RgbImage Strip)> Close(Tensor x, List<LabGuess>[] before, List<LabGuess>[] after, double[]? loss)
    {
        Flush();
        if (most == 0) return [];
        long[] all = [.. Enumerable.Range(0, labels.Length).Select(k => (long)k)];
        var rows = Tensor.From(all, all.Length).to(clean.device);
        var first = Shoot(clean, rows, all, before, k => (0, 0, 0, null));
        var last = Shoot(x, rows, all, after, k => (_reels[k].Seen + 1, 0, 0, loss is null ? null : Finite(loss[k])));
        return [.. all.Select(k => Cut([first[k], .. _reels[k].Kept, last[k]], _reels[k].Seen))];
    }

    private void Flush()
    {
        if (_waiting is not { } step) return;
        _waiting = null;
        tell(!_live ? step : step with
        {
            Images = [.. step.Images.Select(p => _open.TryGetValue(p.Image, out var shot)
                ? p with { Frame = shot.Frame(), Picture = Convert.ToBase64String(PngFile.Encode(Strip([shot]))) } : p)],
        });
    }

    private Shot[] Shoot(AttackStep step, long[] rows, double[] losses, List<LabGuess>[] guesses) =>
        Shoot(step.X.detach(), step.Rows, rows, guesses, k => (_reels[rows[k]].Seen + 1, step.Round, step.Step, Finite(losses[k])));

    private Shot[] Shoot(Tensor x, Tensor rows, long[] places, List<LabGuess>[] guesses, Func<int, (int Number, int Round, int Step, double? Loss)> at)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var delta = x.sub(clean.index_select(0, rows));
        var (linf, l2) = (Sizes(delta.abs().flatten(1).amax([1])), Sizes(delta.square().flatten(1).sum([1]).sqrt()));
        var (pictures, deltas) = (Levels(x), Levels(delta.mul(amplify).add(0.5).clamp(0, 1)));
        return [.. places.Select((row, k) =>
        {
            var (number, round, step, loss) = at(k);
            return new Shot(number, round, step, loss, linf[k], l2[k], Of(guesses[k], labels[row]), Of(guesses[k], targets[row]), [.. guesses[k].Take(Theatre.Shown)], pictures[k], deltas[k]);
        })];
    }

    private static double[] Sizes(Tensor sizes) => sizes.to(Device.Cpu).to(DType.Float64).ToArray<double>();

    // x: n x C x H x W in [0,1]. Large images are averaged down: a film is looked at small.
    private RgbImage[] Levels(Tensor x)
    {
        var small = _shrink == 1 ? x : Ops.avg_pool2d(x, _shrink, _shrink);
        var (channels, height, width) = ((int)small.size(1), (int)small.size(2), (int)small.size(3));
        var bytes = small.mul(255).round().to(DType.UInt8).to(Device.Cpu).contiguous().ToArray<byte>();
        var each = channels * height * width;
        return [.. Enumerable.Range(0, (int)small.size(0)).Select(n => RgbImage.FromPlanes(bytes.AsSpan(n * each, each), channels, height, width))];
    }

    private static (int, IReadOnlyList<LabFrame>, RgbImage) Cut(List<Shot> shots, int looks) => (looks, [.. shots.Select(s => s.Frame())], Strip(shots));

    // Frames side by side: images above, differences below.
    private static RgbImage Strip(IReadOnlyList<Shot> shots)
    {
        var (width, height) = (shots[0].Picture.Width, shots[0].Picture.Height);
        var pixels = new byte[shots.Count * width * 2 * height * 3];
        for (var k = 0; k < shots.Count; k++)
            for (var y = 0; y < 2 * height; y++)
                (y < height ? shots[k].Picture : shots[k].Delta).Pixels.AsSpan(y % height * width * 3, width * 3).CopyTo(pixels.AsSpan((y * shots.Count + k) * width * 3));
        return new RgbImage(shots.Count * width, 2 * height, pixels);
    }

    private static double Of(List<LabGuess> guesses, long label) => guesses.First(g => g.Label == label).Probability;

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private sealed record Shot(int Number, int Round, int Step, double? Loss, double Linf, double L2, double Confidence, double TargetConfidence,
        IReadOnlyList<LabGuess> Top, RgbImage Picture, RgbImage Delta)
    {
        public double? Gradient { get; set; }

        public LabFrame Frame() => new(Number, Round, Step, Loss, Gradient, Linf, L2, Confidence, TargetConfidence, Top);
    }
}

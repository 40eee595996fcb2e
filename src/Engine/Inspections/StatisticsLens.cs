using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>How far a layer's statistics move as the attack grows; one value for each strength.</summary>
/// <param name="Name">Name of the batch norm.</param>
/// <param name="MeanShift">sqrt(mean over channels of ((mu_eps - mu_0) / sigma_0)^2): in clean standard deviations.</param>
/// <param name="VarianceShift">sqrt(mean over channels of log(var_eps / var_0)^2).</param>
/// <param name="MeanSpearman">Rank correlation of <paramref name="MeanShift"/> with the strength; absent where nothing moves.</param>
/// <param name="VarianceSpearman">The same of <paramref name="VarianceShift"/>.</param>
/// <param name="BankWeight">Mean predicted weight of the adversarial bank; absent without generators.</param>
/// <param name="BankWeightSpearman">Its rank correlation with the strength.</param>
/// <param name="BankWeightSpread">How it lies over the images, at each strength.</param>
public sealed record LayerStatistics(string Name, int Channels, IReadOnlyList<double> MeanShift, IReadOnlyList<double> VarianceShift,
    double? MeanSpearman, double? VarianceSpearman, IReadOnlyList<double>? BankWeight, double? BankWeightSpearman,
    IReadOnlyList<Quartiles>? BankWeightSpread = null);

/// <summary>The predicted weight of the adversarial bank, averaged over the layers, image by image.</summary>
/// <param name="Spread">Over the images, at each strength.</param>
/// <param name="Histograms">The same, with bins that all strengths share.</param>
/// <param name="Spearman">Rank correlation of an image's own weight with the strength, over the images whose weight moves; absent: none does.</param>
public sealed record FusingWeights(IReadOnlyList<Quartiles> Spread, IReadOnlyList<Histogram> Histograms, Quartiles? Spearman);

/// <summary>Finding of <see cref="StatisticsLens"/>.</summary>
/// <param name="Strengths">Radii as they were asked for.</param>
/// <param name="Eps">The same as numbers.</param>
/// <param name="Accuracy">At each strength, every image through all steps of PGD.</param>
/// <param name="Layers">In the order of the data.</param>
/// <param name="Fusing">Absent without generators of fusing weights.</param>
public sealed record StatisticsFinding(IReadOnlyList<string> Strengths, IReadOnlyList<double> Eps, IReadOnlyList<Rated> Accuracy, IReadOnlyList<LayerStatistics> Layers,
    FusingWeights? Fusing = null);

/// <summary>
/// Mean and variance of what enters each batch norm, per channel over images and pixels, under PGD of growing strength. The abstract of
/// adaptive feature alignment (Wang et al. 2021) says that they change monotonically; here that is measured, for any network.
/// </summary>
public sealed class StatisticsLens(Network network, InspectionRequest request) : Lens
{
    public const string Name = "feature-statistics";
    private const string Moment = "moments.", Weight = "lambda.";
    private const double Floor = 1e-5, Travel = 2.5;
    private const int Bins = 24;

    private readonly List<string> _layers = [];
    private readonly Dictionary<string, double[]>[] _moments = Each(request);
    private readonly Dictionary<string, List<double>>[] _weights = [.. request.Strengths.Select(_ => new Dictionary<string, List<double>>())];
    private readonly long[] _right = new long[request.Strengths.Count];
    private readonly Dictionary<string, double[]> _cleanMoments = [];
    private long _seen;

    public static bool Fits(Network network) => network.Root.Descendants().Any(d => d.Module is BatchNorm2d);

    public override object Finding => new StatisticsFinding([.. request.Strengths.Select(s => s.ToString())], Eps,
        [.. _right.Select(r => Rated.Of(r, _seen))], [.. _layers.Select(Layer)], Fuses ? Fusing() : null);

    public override IEnumerable<KeyValuePair<string, double>> Headlines
    {
        get
        {
            var layers = ((StatisticsFinding)Finding).Layers;
            yield return new("inspect.meanSpearman", layers.Average(l => l.MeanSpearman ?? 0));
            yield return new("inspect.varianceSpearman", layers.Average(l => l.VarianceSpearman ?? 0));
        }
    }

    /// <summary><c>statistics.weight.RADIUS</c>: each image's weight of the adversarial bank, averaged over the layers; none without generators.</summary>
    public override IEnumerable<KeyValuePair<string, Tensor>> Columns => !Fuses ? []
        : request.Strengths.Select((s, k) => new KeyValuePair<string, Tensor>($"statistics.weight.{s}", Tensor.From(OfImages(k), _seen)));

    private bool Fuses => _weights[0].Count > 0;

    private double[] Eps => [.. request.Strengths.Select(s => s.Value)];

    public override void Look(Slide slide)
    {
        var n = slide.Count;
        _seen += n;
        Add(_cleanMoments, Tell(slide.X).Moments, n);
        for (var k = 0; k < Eps.Length; k++)
        {
            using var scope = Scope.Enter();
            var (logits, moments, weights) = Tell(Craft(slide, Eps[k]));
            _right[k] += logits.argmax(1).eq(slide.Y).sum().item<long>();
            Add(_moments[k], moments, n);
            foreach (var (name, each) in weights)
            {
                if (_weights[k].TryGetValue(name, out var all)) all.AddRange(each);
                else _weights[k][name] = [.. each];
            }
        }

        if (_layers.Count == 0) _layers.AddRange(_cleanMoments.Keys);
    }

    // Sums of means and of mean squares (2C), so that batches add up: E[x], E[x^2] = var + E[x]^2.
    private (Tensor Logits, Dictionary<string, double[]> Moments, Dictionary<string, double[]> Weights) Tell(Tensor x)
    {
        var asides = new Asides { Features = true };
        var logits = network.Forward(x, Pass.Eval with { Asides = asides });
        var (moments, weights) = (new Dictionary<string, double[]>(), new Dictionary<string, double[]>());
        foreach (var (name, value) in asides.All)
        {
            if (name.StartsWith(Weight, StringComparison.Ordinal)) weights[name[Weight.Length..]] = value.to(DType.Float64).cpu().ToArray<double>();
            if (!name.StartsWith(Moment, StringComparison.Ordinal)) continue;
            var (mean, variance) = (value[0].to(DType.Float64), value[1].to(DType.Float64));
            moments[name[Moment.Length..]] = Ops.cat([mean, variance + mean.square()]).ToArray<double>();
        }

        return (logits, moments, weights);
    }

    // Every image goes through all steps, from the same starts at every strength. Helper heads are climbed with the main one.
    private Tensor Craft(Slide slide, double eps)
    {
        if (eps == 0) return slide.X;
        var victim = new Victim(network);
        var front = victim.Fronts.Count > 1 ? victim.Fronts[1] : victim.Fronts[0];
        Goal aim = new Untargeted(slide.Y, Losses.CrossEntropy);
        var goal = front.Weights.Count == 1 ? aim : new Joint([.. front.Weights.Select(_ => aim)], front.Weights);
        var ascent = new Ascent(Norm.Linf, eps, Travel * eps / request.StrengthSteps, request.StrengthSteps, Start.Uniform);
        return new GradientAttack(ascent).Craft(new Victim(front.Logits), slide.X, goal, slide.Draws("strength"), slide.Observer).X;
    }

    private LayerStatistics Layer(string name)
    {
        var (mean0, variance0) = Moments(_cleanMoments[name]);
        var shifts = _moments.Select(m => Moments(m[name])).ToList();
        double[] mean = [.. shifts.Select(s => Rms(s.Mean.Select((m, c) => (m - mean0[c]) / Math.Sqrt(variance0[c] + Floor))))];
        double[] variance = [.. shifts.Select(s => Rms(s.Variance.Select((v, c) => Math.Log((v + Floor) / (variance0[c] + Floor)))))];
        Quartiles[]? weights = _weights[0].ContainsKey(name) ? [.. _weights.Select(w => Quartiles.Of(w[name]))] : null;
        double[]? means = weights is null ? null : [.. weights.Select(w => w.Mean)];
        return new LayerStatistics(name, mean0.Length, mean, variance, Spearman.Of(Eps, mean), Spearman.Of(Eps, variance),
            means, means is null ? null : Spearman.Of(Eps, means), weights);
    }

    private FusingWeights Fusing()
    {
        double[][] weights = [.. request.Strengths.Select((_, k) => OfImages(k))];
        float low = (float)weights.Min(w => w.Min()), high = (float)weights.Max(w => w.Max());
        double[] ranks = [.. Enumerable.Range(0, (int)_seen).Select(i => Spearman.Of(Eps, [.. weights.Select(w => w[i])])).OfType<double>()];
        return new FusingWeights([.. weights.Select(Quartiles.Of)], [.. weights.Select(w => Histogram.Of(w.Select(v => (float)v), Bins, low, high))],
            ranks.Length == 0 ? null : Quartiles.Of(ranks));
    }

    private double[] OfImages(int strength) => [.. Enumerable.Range(0, (int)_seen).Select(i => _weights[strength].Values.Average(w => w[i]))];

    private (double[] Mean, double[] Variance) Moments(double[] sums)
    {
        var channels = sums.Length / 2;
        double[] mean = [.. sums[..channels].Select(s => s / _seen)];
        return (mean, [.. sums[channels..].Select((s, c) => Math.Max(0, s / _seen - mean[c] * mean[c]))]);
    }

    private static double Rms(IEnumerable<double> values) => Math.Sqrt(values.Average(v => v * v));

    private static void Add(Dictionary<string, double[]> sums, Dictionary<string, double[]> batch, int n)
    {
        foreach (var (name, values) in batch)
        {
            if (!sums.TryGetValue(name, out var sum)) sums[name] = sum = new double[values.Length];
            for (var i = 0; i < values.Length; i++) sum[i] += values[i] * n;
        }
    }

    private static Dictionary<string, double[]>[] Each(InspectionRequest request) => [.. request.Strengths.Select(_ => new Dictionary<string, double[]>())];
}

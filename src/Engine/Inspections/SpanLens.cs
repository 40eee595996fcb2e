using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>Mean and quartiles of a measure over images.</summary>
public sealed record Quartiles(double Mean, double Low, double Median, double High)
{
    /// <summary>Quartiles between the sorted values, linearly (type 7 of Hyndman and Fan 1996, numpy's).</summary>
    public static Quartiles Of(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double q)
        {
            var place = q * (sorted.Length - 1);
            var (below, above) = ((int)Math.Floor(place), (int)Math.Ceiling(place));
            return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
        }

        return new Quartiles(sorted.Average(), At(0.25), At(0.5), At(0.75));
    }
}

/// <summary>Spans over a set of images; the measures are <see cref="AttributionSpan"/>'s.</summary>
/// <param name="Empty">Maps that are nowhere positive; they count with a span of 0.</param>
/// <param name="Curve">Mean share of pixels with at least the finding's thresholds of the largest evidence.</param>
/// <param name="Half">S(0.5), the headline.</param>
/// <param name="Mean">Mean heat, the area under the curve.</param>
public sealed record SpanSummary(int Images, int Empty, IReadOnlyList<double> Curve, Quartiles Half, Quartiles Mean, Quartiles Participation, Quartiles Entropy);

/// <param name="Map"><c>main</c> or <c>helper K</c>.</param>
/// <param name="Method"><c>class map</c> or <c>input gradient</c>.</param>
/// <param name="Height">Of the map, before it is enlarged to the image.</param>
/// <param name="Clean">Images that are classified correctly; absent where there are none.</param>
/// <param name="Attacked">The same images after the attack, for the class that is then predicted.</param>
public sealed record SpanOfMap(string Map, string Method, int Height, int Width, SpanSummary? Clean, SpanSummary? Attacked);

/// <summary>An image before and after the attack with the main head's map over it; file names under <c>images/</c>.</summary>
public sealed record SpanExample(string Image, string Heat, string Attacked, string AttackedHeat, int Label, int AttackedLabel, double Half, double AttackedHalf);

/// <summary>An image that is right: how wide its evidence lies, and how sure the answer is.</summary>
/// <param name="Index">In the split.</param>
/// <param name="Half">S(0.5) of the main head's map, clean.</param>
/// <param name="AttackedHalf">The same after the attack.</param>
/// <param name="Margin">The label's logit minus the largest other one, clean.</param>
/// <param name="Broken">The attack changes the answer.</param>
public sealed record SpanPoint(long Index, float Half, float AttackedHalf, float Margin, bool Broken);

/// <summary>Finding of <see cref="SpanLens"/>.</summary>
/// <param name="StillRight">Of the images that are right on clean data, those that stay right under the attack.</param>
/// <param name="Points">The first images that are right.</param>
/// <param name="MarginSpearman">Rank correlation of S(0.5) with the margin over all images that are right; absent where one does not vary.</param>
/// <param name="StandingSpan">S(0.5) of the clean images that stand the attack; absent: none does.</param>
/// <param name="BrokenSpan">S(0.5) of those that it breaks; absent: it breaks none.</param>
public sealed record SpanFinding(IReadOnlyList<double> Thresholds, IReadOnlyList<SpanOfMap> Maps, int StillRight, IReadOnlyList<SpanExample> Examples,
    IReadOnlyList<SpanPoint>? Points = null, double? MarginSpearman = null, Quartiles? StandingSpan = null, Quartiles? BrokenSpan = null);

/// <summary>
/// How much of an image a decision rests on, clean and attacked, over the images that are classified correctly (Yin et al. 2023 claim that
/// adversarial training shrinks it and AGAIN widens it; the measures are our own). Maps are enlarged to the image before they are measured.
/// </summary>
public sealed class SpanLens(Network network, int examples, string images) : Lens
{
    public const string Name = "attribution-span";

    private const int MostPoints = 2000;

    private static readonly double[] Thresholds = [.. Enumerable.Range(1, 20).Select(k => k / 20.0)];

    private readonly List<SpanExample> _examples = [];
    private readonly List<bool> _right = [];
    private readonly List<SpanPoint> _points = [];
    private IReadOnlyList<MapSource>? _sources;
    private Ledger[] _ledgers = [];
    private int _still;

    public override object Finding => new SpanFinding(Thresholds, [.. _ledgers.Select(l => l.Close())], _still, _examples, [.. _points.Take(MostPoints)],
        Spearman.Of([.. _points.Select(p => (double)p.Half)], [.. _points.Select(p => (double)p.Margin)]), Half(broken: false), Half(broken: true));

    public override IEnumerable<KeyValuePair<string, double>> Headlines
    {
        get
        {
            if (((SpanFinding)Finding).Maps is not [{ Clean: { } clean, Attacked: { } attacked }, ..]) yield break;
            yield return new("inspect.span", clean.Half.Mean);
            yield return new("inspect.spanAttacked", attacked.Half.Mean);
        }
    }

    /// <summary><c>span.right</c> (bool) of every image; the measures, <c>span.margin</c> and <c>span.broken</c> (bool) of those that are right.</summary>
    public override IEnumerable<KeyValuePair<string, Tensor>> Columns =>
    [
        new("span.right", Tensor.From(_right.ToArray(), _right.Count)), .. _ledgers.SelectMany(l => l.Columns),
        new("span.margin", Tensor.From(_points.Select(p => p.Margin).ToArray(), _points.Count)), new("span.broken", Tensor.From(_points.Select(p => p.Broken).ToArray(), _points.Count)),
    ];

    public override void Look(Slide slide)
    {
        var right = slide.Attacked.LabelBefore.eq(slide.Y);
        _right.AddRange(right.cpu().ToArray<bool>());
        var rows = right.nonzero().squeeze(1);
        _sources ??= MapSource.Of(network, slide.X);
        if (_ledgers.Length == 0) _ledgers = [.. _sources.Select(s => new Ledger(s))];
        if (rows.shape[0] == 0) return;
        var (x, attacked) = (slide.X.index_select(0, rows), slide.Attacked.X.index_select(0, rows));
        var (y, after) = (slide.Y.index_select(0, rows), slide.Attacked.LabelAfter.index_select(0, rows));
        _still += (int)after.eq(y).sum().item<long>();
        for (var k = 0; k < _ledgers.Length; k++)
        {
            using var scope = Scope.Enter();
            var (clean, other) = (_ledgers[k].Take(x, y, attacked: false), _ledgers[k].Take(attacked, after, attacked: true));
            if (k > 0) continue;
            Picture(x, attacked, y, after, clean, other);
            var margin = Losses.Margin(network.Forward(x, Pass.Eval), y).neg();
            Point(slide.Samples.index_select(0, rows), clean.Above(0.5), other.Above(0.5), margin, after.ne(y));
        }
    }

    private void Point(Tensor index, Tensor half, Tensor attackedHalf, Tensor margin, Tensor broken)
    {
        static float[] Values(Tensor each) => each.to(DType.Float32).cpu().ToArray<float>();
        var (indices, lost) = (index.cpu().ToArray<long>(), broken.cpu().ToArray<bool>());
        var (clean, attacked, margins) = (Values(half), Values(attackedHalf), Values(margin));
        _points.AddRange(indices.Select((at, k) => new SpanPoint(at, clean[k], attacked[k], margins[k], lost[k])));
    }

    private Quartiles? Half(bool broken)
    {
        double[] halves = [.. _points.Where(p => p.Broken == broken).Select(p => (double)p.Half)];
        return halves.Length == 0 ? null : Quartiles.Of(halves);
    }

    private void Picture(Tensor x, Tensor attacked, Tensor y, Tensor after, AttributionSpan clean, AttributionSpan other)
    {
        Directory.CreateDirectory(images);
        for (var k = 0; k < x.shape[0] && _examples.Count < examples; k++)
        {
            using var scope = Scope.Enter();
            var name = $"map-{_examples.Count:00}";
            _examples.Add(new SpanExample(HeatPicture.Save(images, $"{name}-clean.png", x[k]), HeatPicture.Save(images, $"{name}-heat.png", x[k], clean.Heat[k]),
                HeatPicture.Save(images, $"{name}-attacked.png", attacked[k]), HeatPicture.Save(images, $"{name}-attacked-heat.png", attacked[k], other.Heat[k]),
                y[k].item<int>(), after[k].item<int>(), clean.Above(0.5)[k].item<double>(), other.Above(0.5)[k].item<double>()));
        }
    }

    /// <summary>The spans of one map, image by image, clean and attacked.</summary>
    private sealed class Ledger(MapSource source)
    {
        private readonly Side _clean = new(), _attacked = new();
        private (int Height, int Width) _size;

        public IEnumerable<KeyValuePair<string, Tensor>> Columns => _clean.Columns($"span.{source.Name}.clean").Concat(_attacked.Columns($"span.{source.Name}.attacked"));

        public AttributionSpan Take(Tensor x, Tensor classes, bool attacked)
        {
            var map = source.Draw(x, classes);
            _size = ((int)map.shape[1], (int)map.shape[2]);
            var span = AttributionSpan.Of(ClassMaps.Enlarged(map, x.shape[2], x.shape[3]));
            (attacked ? _attacked : _clean).Add(span);
            return span;
        }

        public SpanOfMap Close() => new(source.Name, source.Method, _size.Height, _size.Width, _clean.Close(), _attacked.Close());
    }

    private sealed class Side
    {
        private readonly List<double> _half = [], _mean = [], _participation = [], _entropy = [];
        private readonly double[] _curve = new double[Thresholds.Length];
        private int _empty;

        public void Add(AttributionSpan span)
        {
            static double[] Values(Tensor each) => each.to(DType.Float64).cpu().ToArray<double>();
            _half.AddRange(Values(span.Above(0.5)));
            _mean.AddRange(Values(span.Mean));
            _participation.AddRange(Values(span.Participation));
            _entropy.AddRange(Values(span.Entropy));
            _empty += (int)span.Empty.sum().item<long>();
            for (var k = 0; k < _curve.Length; k++) _curve[k] += span.Above(Thresholds[k]).to(DType.Float64).sum().item<double>();
        }

        public IEnumerable<KeyValuePair<string, Tensor>> Columns(string prefix) =>
            new[] { ("half", _half), ("mean", _mean), ("participation", _participation), ("entropy", _entropy) }
                .Select(c => new KeyValuePair<string, Tensor>($"{prefix}.{c.Item1}", Tensor.From(c.Item2.ToArray(), c.Item2.Count)));

        public SpanSummary? Close() => _half.Count == 0 ? null : new SpanSummary(_half.Count, _empty, [.. _curve.Select(s => s / _half.Count)],
            Quartiles.Of(_half), Quartiles.Of(_mean), Quartiles.Of(_participation), Quartiles.Of(_entropy));
    }
}

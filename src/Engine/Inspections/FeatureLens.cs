using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>Images whose features were changed.</summary>
/// <param name="Rate">Accuracy.</param>
/// <param name="Loss">Mean cross-entropy.</param>
public sealed record FeatureRate(Rated Rate, double Loss);

/// <summary>One attacked stage.</summary>
/// <param name="Place">Its name.</param>
/// <param name="Strength">What was tried: its whole perturbation times this.</param>
/// <param name="Learned">The strength that the checkpoint has learned (L-ALFA); absent: it has none.</param>
/// <param name="Tried">The place alone at its strength.</param>
/// <param name="Distance">Mean over images of the L2 length of the whole perturbation (strength 1), as a share of the feature map's.</param>
/// <param name="Curve">The place alone at each strength of the finding's scale.</param>
public sealed record FeaturePlace(string Place, double Strength, double? Learned, FeatureRate Tried, double Distance, IReadOnlyList<FeatureRate> Curve);

/// <summary>Finding of <see cref="FeatureLens"/>.</summary>
/// <param name="StepSize">Of the search, as it was asked for.</param>
/// <param name="Steps">Of the search.</param>
/// <param name="Scale">Strengths of the curves, from 0.</param>
/// <param name="Clean">Nothing attacked.</param>
/// <param name="Places">In the order of the data.</param>
/// <param name="Together">All places at once, each at its strength.</param>
public sealed record FeatureFinding(string StepSize, int Steps, IReadOnlyList<double> Scale, FeatureRate Clean, IReadOnlyList<FeaturePlace> Places, FeatureRate Together);

/// <summary>
/// What ALFA's attack on feature maps does to a trained network: at each place k the cross-entropy is climbed from z_k = g_k(x) to
/// z_k + d_k as in training, and h_k(z_k + w_k d_k) is scored for given strengths w. Differs: batch norm runs by its running statistics, so
/// that no image depends on its batch; training climbs by those of the batch. Together: each place adds its w_k d_k, found alone, on the way.
/// </summary>
public sealed class FeatureLens : Lens
{
    public const string Name = "feature-attack";

    private const string LearnedName = "method.w";

    private static readonly double[] Scale = [0, 0.25, 0.5, 1, 2, 4, 8, 16];

    private readonly FeatureAttack _attack;
    private readonly IReadOnlyList<string> _places;
    private readonly IReadOnlyList<Func<Tensor, Pass, Tensor>> _pieces;
    private readonly double[]? _learned;
    private readonly double[] _strengths, _distances;
    private readonly Score _clean = new(), _together = new();
    private readonly Score[] _tried;
    private readonly Score[][] _curves;

    /// <exception cref="JobFailure"><c>bad-recipe</c>: the places or strengths do not fit the network.</exception>
    public FeatureLens(Subject subject, FeatureAttack attack)
    {
        var network = subject.Network;
        if (attack.Misfits(network.Options).FirstOrDefault() is { } misfit) throw new JobFailure(FailureCode.BadRecipe, $"features.{misfit.Path}: {misfit.Message}");
        (_attack, _places) = (attack, attack.PlacesIn(network.Options));
        _pieces = network.Cut(_places);
        _learned = subject.Kept(LearnedName) is { } w && w.Length == _places.Count ? w : null;
        _strengths = attack.Strengths.Count > 0 ? [.. attack.Strengths] : _learned ?? [.. _places.Select(_ => 1.0)];
        (_tried, _distances) = ([.. _places.Select(_ => new Score())], new double[_places.Count]);
        _curves = [.. _places.Select(_ => Scale.Select(_ => new Score()).ToArray())];
    }

    public override object Finding => new FeatureFinding(_attack.StepSize.ToString(), _attack.Steps, Scale, _clean.Close(),
        [.. _places.Select((p, k) => new FeaturePlace(p, _strengths[k], _learned?[k], _tried[k].Close(), _distances[k] / _clean.Seen, [.. _curves[k].Select(c => c.Close())]))],
        _together.Close());

    public override IEnumerable<KeyValuePair<string, double>> Headlines =>
        [new("inspect.featureAttacked", _together.Close().Rate.Accuracy), .. _places.Select((p, k) => new KeyValuePair<string, double>($"inspect.featureAttacked.{p}", _tried[k].Close().Rate.Accuracy))];

    /// <summary><c>features.right.PLACE</c> and <c>features.right</c> (bool): whether the image is right with the place, or all places, attacked.</summary>
    public override IEnumerable<KeyValuePair<string, Tensor>> Columns =>
        _places.Select((p, k) => _tried[k].Column($"features.right.{p}")).Append(_together.Column("features.right"));

    public override void Look(Slide slide)
    {
        var (maps, z) = (new Tensor[_places.Count], slide.X);
        for (var k = 0; k < maps.Length; k++) maps[k] = z = _pieces[k](z, Pass.Eval);
        _clean.Add(_pieces[^1](z, Pass.Eval), slide.Y);
        var found = maps.Select((map, k) => Search(slide, k, map)).ToList();
        for (var k = 0; k < maps.Length; k++)
        {
            var length = found[k].flatten(1).norm(2, [1]) / maps[k].flatten(1).norm(2, [1]).clamp_min(1e-12);
            _distances[k] += length.to(DType.Float64).sum().item<double>();
            Score(_tried[k], slide, k, maps[k] + (found[k] * _strengths[k]));
            for (var i = 0; i < Scale.Length; i++) Score(_curves[k][i], slide, k, maps[k] + (found[k] * Scale[i]));
        }

        z = slide.X;
        for (var k = 0; k < maps.Length; k++) z = _pieces[k](z, Pass.Eval) + (found[k] * _strengths[k]);
        _together.Add(_pieces[^1](z, Pass.Eval), slide.Y);
    }

    // The whole perturbation d_k.
    private Tensor Search(Slide slide, int k, Tensor map)
    {
        var draws = slide.Draws("features");
        return _attack.Ascent.Run(z =>
        {
            slide.Step();
            return Behind(k, z);
        }, map, slide.Y, _places.Count > 1 ? draws.In($"place{k}") : draws) - map;
    }

    private void Score(Score into, Slide slide, int k, Tensor map)
    {
        using var scope = Scope.Enter();
        slide.Step();
        into.Add(Behind(k, map), slide.Y);
    }

    private Tensor Behind(int k, Tensor map) => _pieces.Skip(k + 1).Aggregate(map, (z, piece) => piece(z, Pass.Eval));
}

/// <summary>Adds up accuracy and loss over batches.</summary>
internal sealed class Score
{
    private readonly List<bool> _right = [];
    private double _loss;

    public int Seen => _right.Count;

    /// <param name="logits">N x K.</param>
    /// <param name="y">N int64.</param>
    public void Add(Tensor logits, Tensor y)
    {
        _right.AddRange(logits.argmax(1).eq(y).cpu().ToArray<bool>());
        _loss += Losses.CrossEntropy(logits, y).to(DType.Float64).sum().item<double>();
    }

    public FeatureRate Close() => new(Rated.Of(_right.Count(r => r), Seen), _loss / Math.Max(1, Seen));

    public KeyValuePair<string, Tensor> Column(string name) => new(name, Tensor.From(_right.ToArray(), Seen));
}

using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>Accuracies through one route of batch norm.</summary>
/// <param name="Name"><c>main</c>, <c>auxiliary K</c>, <c>weight W</c> (fixed, of bank 1) or <c>fused</c> (predicted per image).</param>
/// <param name="Clean">Of clean images.</param>
/// <param name="Attacked">Of images attacked through this very route.</param>
/// <param name="OnLast">Of images attacked through the last auxiliary bank, as training makes them; absent with one bank.</param>
public sealed record RouteRates(string Name, Rated Clean, Rated Attacked, Rated? OnLast);

/// <summary>Difference of two accuracies on the same images with its 95 % interval.</summary>
public sealed record Gap(double Difference, double Low, double High)
{
    /// <summary>The normal interval of a paired difference: variance (b + c - (b - c)^2 / n) / n^2, of McNemar's table.</summary>
    public static Gap Of(IReadOnlyCollection<bool> first, IReadOnlyCollection<bool> second)
    {
        double n = first.Count, b = first.Zip(second).Count(p => p.First && !p.Second), c = first.Zip(second).Count(p => p.Second && !p.First);
        var (d, half) = ((b - c) / n, 1.959963984540054 * Math.Sqrt(Math.Max(0, b + c - (b - c) * (b - c) / n)) / n);
        return new Gap(d, Math.Max(-1, d - half), Math.Min(1, d + half));
    }
}

/// <summary>Finding of <see cref="BankLens"/>.</summary>
/// <param name="Routes">The main bank first.</param>
/// <param name="CleanGap">Main minus last auxiliary bank on clean images (Xie et al. 2020, domain gap); absent with one bank.</param>
/// <param name="AttackedGap">The same on attacked images, each bank attacked through itself.</param>
/// <param name="LastGap">The same on images attacked through the last auxiliary bank, which carry over to the main one.</param>
public sealed record BankFinding(IReadOnlyList<RouteRates> Routes, Gap? CleanGap, Gap? AttackedGap, Gap? LastGap);

/// <summary>How accurate the network is through each bank of batch norm; a plain network has one.</summary>
public sealed class BankLens : Lens
{
    public const string Name = "banks";

    private readonly Network _network;
    private readonly List<(string Name, Route Route)> _routes;
    private readonly int _last;
    private readonly List<long>[] _predicted, _onLast;
    private readonly List<bool>[] _robust;
    private readonly List<long> _labels = [];

    public BankLens(Network network)
    {
        _network = network;
        _routes = Routes(network.Shape);
        _last = network.Shape.Banks - 1;
        (_predicted, _onLast, _robust) = (Columned<long>(), Columned<long>(), Columned<bool>());
        List<T>[] Columned<T>() => [.. _routes.Select(_ => new List<T>())];
    }

    public override object Finding
    {
        get
        {
            var rates = _routes.Select((route, k) => new RouteRates(route.Name, Rate(Right(_predicted[k])), Rate(_robust[k]), _last == 0 ? null : Rate(Right(_onLast[k])))).ToList();
            return _last == 0 ? new BankFinding(rates, null, null, null)
                : new BankFinding(rates, Gap.Of(Right(_predicted[0]), Right(_predicted[_last])), Gap.Of(_robust[0], _robust[_last]), Gap.Of(Right(_onLast[0]), Right(_onLast[_last])));
        }
    }

    public override IEnumerable<KeyValuePair<string, double>> Headlines => ((BankFinding)Finding).Routes.SelectMany(route => new KeyValuePair<string, double>[]
    {
        new($"inspect.clean.{route.Name}", route.Clean.Accuracy),
        new($"inspect.attacked.{route.Name}", route.Attacked.Accuracy),
    });

    /// <summary>For each route, the class of the clean image (int64) and whether the image stood the attack (bool).</summary>
    public override IEnumerable<KeyValuePair<string, Tensor>> Columns => _routes.SelectMany((route, k) => new KeyValuePair<string, Tensor>[]
    {
        new($"banks.{route.Name}.predicted", Tensor.From(_predicted[k].ToArray(), _labels.Count)),
        new($"banks.{route.Name}.robust", Tensor.From(_robust[k].ToArray(), _labels.Count)),
    });

    public override void Look(Slide slide)
    {
        var passes = _routes.Select(r => Pass.Eval with { Route = r.Route }).ToList();
        var outcomes = passes.Select(p => p.Route.Kind == RouteKind.Own ? slide.Attacked : slide.Attack(new Victim(_network, p))).ToList();
        _labels.AddRange(slide.Y.cpu().ToArray<long>());
        for (var k = 0; k < _routes.Count; k++)
        {
            _predicted[k].AddRange(outcomes[k].LabelBefore.cpu().ToArray<long>());
            _robust[k].AddRange(outcomes[k].Success.logical_or(outcomes[k].Error).logical_not().cpu().ToArray<bool>());
            if (_last > 0) _onLast[k].AddRange(_network.Forward(outcomes[_last].X, passes[k]).argmax(1).cpu().ToArray<long>());
        }
    }

    // Route k is bank k for every bank; what a fused network offers beyond them follows.
    private static List<(string, Route)> Routes(NetShape shape)
    {
        var fused = shape.Generators == true;
        List<(string, Route)> routes = [("main", fused ? Route.One(0) : Route.Own)];
        for (var bank = 1; bank < shape.Banks; bank++) routes.Add(($"auxiliary {bank}", Route.One(bank)));
        if (!fused) return routes;
        foreach (var weight in new[] { 0.25, 0.5, 0.75 }) routes.Add((string.Create(CultureInfo.InvariantCulture, $"weight {weight}"), Route.Blend(weight)));
        routes.Add(("fused", Route.Own));
        return routes;
    }

    private List<bool> Right(List<long> predicted) => [.. predicted.Zip(_labels, (p, y) => p == y)];

    private static Rated Rate(List<bool> right) => Rated.Of(right.Count(r => r), right.Count);
}

using System.Globalization;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>Holds results against a case's expectations; every expectation must be met and none may be left out.</summary>
public sealed class Comparison(GoldenCase golden)
{
    private readonly HashSet<string> _seen = [];
    private readonly List<string> _misses = [];
    private double _worst;
    private string _where = "";

    /// <summary>All expectations were compared and are within tolerance.</summary>
    public bool Passed => Complaints.Count == 0;

    /// <summary>What is wrong, a line each.</summary>
    public IReadOnlyList<string> Complaints =>
        [.. _misses, .. golden.Expected.Keys.Where(name => !_seen.Contains(name)).Order().Select(name => $"{name}: nothing was computed for it")];

    /// <summary>The largest error and where it stands: absolute, but in tensors with values above 1 as a share of the largest of them.</summary>
    public string Largest => _where.Length == 0 ? "exact" : string.Create(CultureInfo.InvariantCulture, $"{_worst:0.00e+00} at {_where}");

    /// <summary>Compares under the name if the case expects it. |got - want| must be at most atol + rtol |want|; labels must be equal.</summary>
    public void Hold(string name, Tensor got)
    {
        if (!golden.Expected.TryGetValue(name, out var want)) return;
        _seen.Add(name);
        using var scope = Scope.Enter();
        if (!got.shape.SequenceEqual(want.shape))
        {
            _misses.Add($"{name}: shape [{string.Join(", ", got.shape)}], wanted [{string.Join(", ", want.shape)}]");
            return;
        }

        if (want.numel() == 0) return;
        var (g, w) = (got.detach().to(DType.Float64), want.to(DType.Float64));
        var error = (g - w).abs();
        var allowed = want.dtype.IsFloat() ? w.abs() * golden.Rtol + golden.Atol : Ops.zeros_like(w);
        var (largest, over) = (error.max().item<double>(), (error - allowed).max().item<double>());
        var share = largest / Math.Max(1, w.abs().max().item<double>());
        if (!(share <= _worst)) (_worst, _where) = (share, name);
        if (!(over <= 0)) _misses.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: off by {largest:0.000e+00} ({over:0.0e+00} too much)"));
    }
}

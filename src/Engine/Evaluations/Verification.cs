using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>Works the figures of an evaluation out again, from what became of its images, and says where they differ.</summary>
public sealed class Verification
{
    private const double Tolerance = 1e-9, PixelTolerance = 1e-6;

    private readonly EvaluationDocument _document;
    private readonly List<string> _differences = [];
    private readonly Dictionary<string, Array> _columns = [];
    private readonly long[] _index, _label;
    private readonly bool[] _correct;

    private Verification(EvaluationDocument document)
    {
        _document = document;
        (_index, _label) = (document.Column<long>("index"), document.Column<long>("clean.label"));
        foreach (var (name, values) in document.Samples)
            if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() != document.Results.Samples)
                throw new InvalidDataException($"samples.{name}: want a list of {document.Results.Samples} values, one for each image");
        var (predicted, error) = (document.Column<long>("clean.predicted"), document.Column<bool>("clean.error"));
        _correct = [.. Enumerable.Range(0, _index.Length).Select(k => predicted[k] == _label[k] && !error[k])];
    }

    private EvaluationResults Results => _document.Results;

    /// <summary>What differs, a sentence each; none: every figure follows from the images.</summary>
    /// <exception cref="InvalidDataException">Columns are missing, or of different lengths.</exception>
    public static IReadOnlyList<string> Figures(EvaluationDocument document)
    {
        var verification = new Verification(document);
        verification.Figures();
        return verification._differences;
    }

    /// <summary>Holds the kept images against the columns: on the pixel range, broken there, as far from the clean images and labelled as it says.</summary>
    /// <param name="document">With the columns.</param>
    /// <param name="path"><c>adversarial.safetensors</c>.</param>
    /// <param name="subject">Network and clean images; null: what needs them is left out.</param>
    public static IReadOnlyList<string> Images(EvaluationDocument document, string path, Subject? subject)
    {
        var verification = new Verification(document);
        if (document.ImagesSha256 != EvaluationDocument.Sha256(path)) verification._differences.Add($"{Path.GetFileName(path)} is not the file that the document was written with");
        using var scope = Scope.Enter();
        verification.Images(Safetensors.Read(path), subject);
        return verification._differences;
    }

    private void Figures()
    {
        var standing = (bool[])_correct.Clone();
        var fallen8 = new bool[_index.Length];
        Same("clean", Results.Clean, _correct.Count(c => c));
        foreach (var attack in Results.Attacks)
        {
            var tries = Results.Mode == "cascade" ? standing : _correct;
            var (tried, broken, error, broken8) = (Flags(attack, "tried"), Flags(attack, "broken"), Flags(attack, "error"), Flags(attack, "broken8"));
            var predicted = Column<long>($"{attack.Name}.predicted");
            for (var k = 0; k < _index.Length; k++)
            {
                if (tried[k] != tries[k]) Differ($"{attack.Name}: image {_index[k]} was {(tried[k] ? "" : "not ")}tried, which is not what {Results.Mode} means");
                if (broken[k] != (tried[k] && predicted[k] != _label[k] && !error[k])) Differ($"{attack.Name}: image {_index[k]} is called {(broken[k] ? "" : "not ")}broken, but its label is {_label[k]} and it was read as {predicted[k]}");
            }

            var left = Enumerable.Range(0, _index.Length).Count(k => tries[k] && !broken[k] && !error[k]);
            Same($"{attack.Name}.robust", attack.Robust, left);
            Same($"{attack.Name}.alive", attack.Alive, tries.Count(t => t));
            Same($"{attack.Name}.broke", attack.Broke, broken.Count(b => b));
            Same($"{attack.Name}.errors", attack.Errors, error.Count(e => e));
            Same($"{attack.Name}.eightBitLost", attack.EightBitLost, Enumerable.Range(0, _index.Length).Count(k => broken[k] && !broken8[k]));
            Same($"{attack.Name}.forward", attack.Forward, Column<long>($"{attack.Name}.forwards").Sum());
            Same($"{attack.Name}.backward", attack.Backward, Column<long>($"{attack.Name}.backwards").Sum());
            Inside(attack);
            for (var k = 0; k < _index.Length; k++)
            {
                standing[k] &= !broken[k] && !error[k];
                fallen8[k] |= broken8[k] || error[k];
            }
        }

        if (Results.Corruptions is { } corruptions) Corruptions(corruptions);
        if (Results.Curve is { } curve) Curve(curve);
        if (Results.WorstCase is { } worst) Same("worstCase", worst, standing.Count(s => s));
        if (Results.EightBit is { } eight) Same("eightBit", eight, Enumerable.Range(0, _index.Length).Count(k => _correct[k] && (standing[k] || !fallen8[k])));
    }

    // Each figure of the table from the counts of its cells; the counts themselves are not among the columns.
    private void Corruptions(CorruptionResults table)
    {
        foreach (var one in table.Corruptions)
            foreach (var (k, cell) in one.Cells.Index())
            {
                var own = Rated.Of(cell.Right, cell.Total);
                if (!Near(cell.Accuracy, own.Accuracy) || !Near(cell.Low, own.Low) || !Near(cell.High, own.High)) Differ($"corruptions.{one.Name}[{k}]: it says {cell.Accuracy:P2}; {cell.Right} of {cell.Total} are {own.Accuracy:P2}");
            }

        var summed = CorruptionResults.Summed(table.Source, table.Severities, [.. table.Corruptions.Select(c => c with { Error = 1 - c.Cells.Average(x => x.Accuracy) })], table.Clean);
        foreach (var (said, own) in table.Corruptions.Zip(summed.Corruptions)) Same($"corruptions.{said.Name}.error", said.Error, own.Error);
        foreach (var (family, own) in summed.Families) Same($"corruptions.families.{family}", table.Families.GetValueOrDefault(family, double.NaN), own);
        Same("corruptions.error", table.Error ?? double.NaN, summed.Error ?? double.NaN);
        Same("corruptions.counted", table.Counted, summed.Counted);
        if (table.Worst != summed.Worst) Differ($"corruptions.worst: it says {table.Worst}; the errors give {summed.Worst}");
        if (table.Against is not { } against || against.Baseline != CorruptionBaseline.AlexNet.Name) return;
        var beside = CorruptionBaseline.AlexNet.Compare(summed);
        Same("corruptions.against.error", against.Error ?? double.NaN, beside.Error ?? double.NaN);
        Same("corruptions.against.relative", against.Relative ?? double.NaN, beside.Relative ?? double.NaN);
    }

    private void Curve(CurveResults curve)
    {
        var (first, error) = (Column<long>("curve.first"), Column<bool>("curve.error"));
        for (var k = 0; k < _index.Length; k++)
            if (first[k] > curve.Points.Count || _correct[k] != first[k] >= Outcomes.Stood) Differ($"curve: image {_index[k]} was {(_correct[k] ? "" : "not ")}classified correctly, but its first radius is number {first[k]}");
        foreach (var (k, point) in curve.Points.Index())
        {
            // Not taken by the radii up to here; wrong images have a first of -1.
            Same($"curve.points[{k}].robust", point.Robust, first.Count(f => f == Outcomes.Stood || f > k + 1));
            Same($"curve.points[{k}].errors", point.Errors, Enumerable.Range(0, first.Length).Count(i => first[i] == k + 1 && error[i]));
        }

        foreach (var part in Halving.Of([.. curve.Points.Select(p => Budget.Parse(p.Radius))]))
            Same($"curve.points[{part.Number - 1}].tried", curve.Points[part.Number - 1].Tried, first.Count(f => part.Tries(f, curve.Points.Count)));
        Same("curve.forward", curve.Points.Sum(p => p.Forward), Column<long>("curve.forwards").Sum());
        Same("curve.backward", curve.Points.Sum(p => p.Backward), Column<long>("curve.backwards").Sum());
        foreach (var audit in curve.Audits)
        {
            var taken = Column<bool>($"curve.audit{audit.Number}");
            Same($"curve.audits: {audit.Radius}", audit.Robust, Enumerable.Range(0, taken.Length).Count(k => _correct[k] && !taken[k]));
            if (audit.Number < 1 || audit.Number > curve.Points.Count || curve.Points[audit.Number - 1].Radius != audit.Radius) Differ($"curve.audits: {audit.Radius} is not point {audit.Number}");
            else if (audit.Agrees != RadiusCurve.Agree(curve.Points[audit.Number - 1].Robust, audit.Robust)) Differ($"curve.audits: it says that {audit.Radius} {(audit.Agrees ? "agrees" : "does not agree")} with the curve; the figures say otherwise");
        }

        var area = CurveResults.AreaOf((double)_correct.Count(c => c) / _index.Length, curve.Points.Select(p => (p.Eps, p.Robust.Accuracy)));
        if (!(Math.Abs(curve.Area - area) <= Tolerance)) Differ($"curve.area: it says {curve.Area:0.######}; the points give {area:0.######}");
    }

    // The ball of the options, with the slack that rounding needs.
    private void Inside(AttackRated attack)
    {
        if ((attack.Attack.Deserialize<AttackOptions>(OptionsJson.Canonical) as BudgetedOptions)?.Bound() is not var (norm, radius)) return;
        var (name, most) = norm switch
        {
            Norm.Linf => ("linf", radius.Value + PixelTolerance),
            Norm.L2 => ("l2", radius.Value * (1 + 1e-5)),
            _ => ("l1", radius.Value * (1 + 1e-4)),
        };
        var (sizes, broken) = (Column<float>($"{attack.Name}.{name}"), Flags(attack, "broken"));
        for (var k = 0; k < sizes.Length; k++)
            if (broken[k] && !(sizes[k] <= most)) Differ($"{attack.Name}: image {_index[k]} was changed by {sizes[k]:0.######}, more than {radius}");
    }

    private void Images(Dictionary<string, Tensor> file, Subject? subject)
    {
        var (index, number, x) = (file["index"].ToArray<long>(), file["attack"].ToArray<long>(), file["x"]);
        if (x.numel() > 0 && (x.min().item<double>() < 0 || x.max().item<double>() > 1)) Differ("an image leaves the pixel range [0,1]");
        var row = _index.Select((i, k) => (i, k)).ToDictionary(p => p.i, p => p.k);
        for (var from = 0; from < index.Length; from += 256)
        {
            using var scope = Scope.Enter();
            var range = Enumerable.Range(from, Math.Min(256, index.Length - from)).ToArray();
            if (range.FirstOrDefault(m => !row.ContainsKey(index[m]) || number[m] < 1 || number[m] > Results.Attacks.Count, -1) is var odd && odd >= 0)
            {
                Differ($"there is an image of {index[odd]} by attack {number[odd]}, which the document does not know");
                continue;
            }

            var labels = subject is null ? null : new Victim(subject.Network, subject.Frozen, classes: subject.Match.Columns).Judged(x.narrow(0, from, range.Length).to(subject.Device)).argmax(1).cpu().ToArray<long>();
            var moved = subject is null ? null : Projections.LinfNorm(x.narrow(0, from, range.Length) - subject.Read([.. range.Select(m => index[m])]).X.cpu()).flatten().to(DType.Float64).ToArray<double>();
            foreach (var m in range) One(row[index[m]], Results.Attacks[(int)number[m] - 1].Name, labels?[m - from], moved?[m - from]);
        }
    }

    private void One(int k, string attack, long? label, double? moved)
    {
        if (!Column<bool>($"{attack}.broken")[k]) Differ($"{attack}: image {_index[k]} was kept, though it is not broken");
        if (label is { } read && read != Column<long>($"{attack}.predicted")[k]) Differ($"{attack}: the network reads image {_index[k]} as {read}, not {Column<long>($"{attack}.predicted")[k]}");
        if (moved is { } by && Math.Abs(by - Column<float>($"{attack}.linf")[k]) > PixelTolerance) Differ($"{attack}: image {_index[k]} was changed by {by:0.######}, not {Column<float>($"{attack}.linf")[k]:0.######}");
    }

    private T[] Column<T>(string name)
    {
        if (!_columns.TryGetValue(name, out var known)) _columns[name] = known = _document.Column<T>(name);
        return (T[])known;
    }

    private bool[] Flags(AttackRated attack, string name) => Column<bool>($"{attack.Name}.{name}");

    private void Same(string name, Rated said, long right)
    {
        var own = Rated.Of(right, _index.Length);
        if (said.Right != own.Right || said.Total != own.Total || !Near(said.Accuracy, own.Accuracy) || !Near(said.Low, own.Low) || !Near(said.High, own.High))
            Differ($"{name}: it says {said.Right} of {said.Total}, {said.Accuracy:P2} ({said.Low:P2} to {said.High:P2}); the images give {own.Right} of {own.Total}, {own.Accuracy:P2} ({own.Low:P2} to {own.High:P2})");
    }

    private void Same(string name, double said, double own)
    {
        if (!Near(said, own)) Differ($"{name}: it says {said:0.######}; the table gives {own:0.######}");
    }

    private void Same(string name, long? said, long own)
    {
        if (said != own) Differ($"{name}: it says {said}; the images give {own}");
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) <= Tolerance || (double.IsNaN(a) && double.IsNaN(b));

    private void Differ(string what) => _differences.Add(what);
}

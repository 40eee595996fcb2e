using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Lint;

/// <summary>One question to a robust accuracy.</summary>
/// <param name="Name">As it stands in findings.</param>
/// <param name="Question">What is asked, in a sentence.</param>
/// <param name="NeedsGradient">It climbs gradients: not run where there are none.</param>
/// <param name="Ask">Looks and answers.</param>
public sealed record LintCheck(string Name, string Question, bool NeedsGradient, Func<LintBench, (LintVerdict Verdict, string Evidence)> Ask);

/// <summary>
/// Signs that a robust accuracy is not what it seems (Carlini et al. 2019, Tramer et al. 2020, Pintor et al. 2022, and the warnings of
/// AutoAttack), a line each.
/// </summary>
public static class LintChecks
{
    /// <summary>Images that are enough for the checks.</summary>
    public const int Images = 64;

    private const int Fewest = 8;
    private const string NoGradient = "no gradient reaches the images: the model cuts it off";

    public static IReadOnlyList<LintCheck> All { get; } =
    [
        new("pixels", "Are images in [0,1] when they are attacked, so that normalisation lies inside the model and the radius means what it says?", false, Pixels),
        new("radius", "Does the radius leave the image recognisable?", false, Radius),
        new("deterministic", "Do two passes of one image agree? Chance in the model wants attacks that average over it.", false, Deterministic),
        new("batch-size", "Is an image read the same whatever lies beside it? Batch norm in training mode is the usual reason why not.", false, BatchSize),
        new("logits", "Does the model answer with logits, not with probabilities, on which cross-entropy hardly climbs?", false, AreLogits),
        new("one-class", "Are there answers of more than one class? One answer for all is often a wrong pixel range.", false, OneClass),
        new("gradients", "Does every image have a gradient that is finite and not zero?", false, Gradients),
        new("logit-scale", "Does it not matter how large the logits are? Cross-entropy drowns in large ones.", true, LogitScale),
        new("masked-heads", "Does the scored head show its gradient, or do images fall only when helper heads are climbed?", true, MaskedHeads),
        new("steps", "Are ten steps nearly as good as a hundred?", true, Steps),
        new("restarts", "Does it not matter where the search starts?", true, Restarts),
        new("one-step", "Does one step break nothing that many steps do not?", true, OneStep),
        new("monotone", "Does a larger radius break what a smaller one does?", true, Monotone),
        new("unbounded", "Does an attack that may change everything leave no more than guessing would?", true, Unbounded),
        new("noise", "Does random noise break nothing that the gradient attack does not?", true, Noise),
        new("black-box", "Does an attack that sees answers alone break nothing that the gradient attacks do not?", true, BlackBox),
        new("eight-bit", "Do adversarial images keep their effect when they are stored with 8 bits?", true, EightBit),
        new("battery", "Did the evaluation break what these checks break?", false, Battery),
    ];

    /// <summary>Asks all of them. A check that cannot be asked says why.</summary>
    public static LintReport Run(LintBench bench)
    {
        var findings = new List<LintFinding>();
        string? refused = null;
        foreach (var check in All)
        {
            var (verdict, evidence) = refused is not null && (check.NeedsGradient || refused == "pixels") ? (LintVerdict.NotRun, $"not looked at, because of {refused}")
                : check.NeedsGradient && bench.Right < Fewest ? (LintVerdict.NotRun, $"only {bench.Right} images are classified correctly")
                : check.Ask(bench);
            findings.Add(new(check.Name, verdict, evidence));
            if (verdict == LintVerdict.Fail && (check.Name == "pixels" || evidence == NoGradient)) refused = check.Name;
        }

        return LintReport.Of(bench.Count, findings);
    }

    private static (LintVerdict, string) Pixels(LintBench b)
    {
        var (low, high) = (b.X.min().item<double>(), b.X.max().item<double>());
        return (low < 0 || high > 1 || high <= 2 / 255.0 ? LintVerdict.Fail : LintVerdict.Pass, Line($"pixels lie in [{low:0.###}, {high:0.###}]"));
    }

    private static (LintVerdict, string) Radius(LintBench b)
    {
        // From here on one image can be turned into any other, nearly.
        var most = b.Norm switch { Norm.Linf => 0.5, Norm.L2 => 0.5 * Math.Sqrt(b.X.numel() / (double)b.Count), _ => 0.5 * b.X.numel() / b.Count };
        return (b.Eps >= most ? LintVerdict.Fail : LintVerdict.Pass, Line($"radius {b.Eps:0.####} of at most {most:0.##} ({b.Norm})"));
    }

    private static (LintVerdict, string) Deterministic(LintBench b) => Apart(b.Look(b.X), b.Logits, 1e-4, "between two passes of the same images");

    private static (LintVerdict, string) BatchSize(LintBench b)
    {
        // Kernels round differently for other batch shapes: only what is larger counts.
        var n = Math.Min(16, b.Count);
        var single = Ops.cat([.. Enumerable.Range(0, n).Select(k => b.Look(b.X.narrow(0, k, 1)))], 0);
        return Apart(single, b.Logits.narrow(0, 0, n), 1e-2, $"between batches of 1 and of {b.Count}");
    }

    private static (LintVerdict, string) Apart(Tensor a, Tensor b, double most, string where)
    {
        var gap = ((a - b).abs() / b.abs().amax(1).unsqueeze(1).clamp_min(1e-3)).max().item<double>();
        var other = a.argmax(1).ne(b.argmax(1)).sum().item<long>();
        return (gap > most ? LintVerdict.Fail : LintVerdict.Pass, Line($"logits differ by {100 * gap:0.####} % {where}, {other} labels change"));
    }

    private static (LintVerdict, string) AreLogits(LintBench b)
    {
        var z = b.Logits;
        var probabilities = z.min().item<double>() >= 0 && z.max().item<double>() <= 1 && (z.sum(1) - 1).abs().max().item<double>() < 1e-3;
        return probabilities ? (LintVerdict.Fail, "every answer is a distribution: the model ends with softmax") : (LintVerdict.Pass, Line($"answers from {z.min().item<double>():0.##} to {z.max().item<double>():0.##}"));
    }

    private static (LintVerdict, string) OneClass(LintBench b)
    {
        var most = b.Logits.argmax(1).ToArray<long>().GroupBy(l => l).Max(g => g.Count());
        return (b.Classes > 2 && most > 0.9 * b.Count ? LintVerdict.Fail : LintVerdict.Pass, $"{most} of {b.Count} answers name the most frequent class");
    }

    private static (LintVerdict, string) Gradients(LintBench b)
    {
        try
        {
            var g = b.Gradient(Losses.CrossEntropy).flatten(1);
            var dead = LintBench.Flags(g.abs().sum(1).eq(0).logical_or(g.isfinite().all(1).logical_not())).Count(f => f);
            return (dead > Math.Max(1, 0.01 * b.Count) ? LintVerdict.Fail : LintVerdict.Pass, $"{dead} of {b.Count} images have none, or one that is not finite");
        }
        catch (TorchException)
        {
            return (LintVerdict.Fail, NoGradient);
        }
    }

    private static (LintVerdict, string) LogitScale(LintBench b) => Beyond(b, b.Unscaled(20), b.Pgd(20), 0.10, "steps on logits of unit spread", "steps on the logits as they are");

    // All sides are climbed in evaluations, so the figure holds; one from the scored head alone would not.
    private static (LintVerdict, string) MaskedHeads(LintBench b)
    {
        if (b.Fronts == 1) return (LintVerdict.Pass, "the model is attacked through the head that is scored");
        var (all, main) = (b.Broken(b.Pgd(20)).Count(k => k), b.Broken(b.MainAlone(20)).Count(k => k));
        return (all - main > b.Slack ? LintVerdict.Warn : LintVerdict.Pass, $"from {b.Fronts} sides {all} of {b.Right} fall, through the scored head alone {main}");
    }

    private static (LintVerdict, string) Steps(LintBench b) => Beyond(b, b.Pgd(100), b.Pgd(10), 0.05, "a hundred steps", "ten");

    private static (LintVerdict, string) Restarts(LintBench b) => Beyond(b, b.Pgd(20, restarts: 5), b.Pgd(20), 0.05, "five starts", "one");

    private static (LintVerdict, string) OneStep(LintBench b) =>
        Missed(b, b.Attacked("fgsm", new PgdOptions { Norm = b.Norm, Eps = LintBench.Text(b.Eps), StepSize = LintBench.Text(b.Eps), Steps = 1, Start = Start.Zero }), "one step");

    private static (LintVerdict, string) Noise(LintBench b) => b.Norm == Norm.Linf
        ? Missed(b, b.Attacked("noise", new NoiseOptions { Eps = LintBench.Text(b.Eps), Trials = 10 }), "noise, ten times,") : (LintVerdict.NotRun, "noise is drawn for Linf alone");

    private static (LintVerdict, string) BlackBox(LintBench b) => b.Norm == Norm.L1 ? (LintVerdict.NotRun, "the black-box attack knows Linf and L2")
        : Missed(b, b.Attacked("square", new SquareOptions { Norm = b.Norm, Eps = LintBench.Text(b.Eps), Queries = 300, RescaleSchedule = true }), "300 queries of Square");

    private static (LintVerdict, string) Monotone(LintBench b)
    {
        var (half, twice) = (b.Broken(b.Pgd(10, times: 0.5)), b.Broken(b.Pgd(10, times: 2)));
        var lost = half.Zip(twice, (h, t) => h && !t).Count(l => l);
        return (lost > b.Slack ? LintVerdict.Fail : LintVerdict.Pass, $"half the radius breaks {half.Count(h => h)} of {b.Right}, twice the radius {twice.Count(t => t)}; {lost} fall to the smaller alone");
    }

    private static (LintVerdict, string) Unbounded(LintBench b)
    {
        var outcome = b.Attacked("unbounded", new PgdOptions { Eps = Budget.Parse("1"), StepSize = Budget.Parse("0.02"), Steps = 100 });
        var left = b.Right - b.Broken(outcome).Count(k => k);
        return (left > (double)b.Right / b.Classes + b.Slack ? LintVerdict.Fail : LintVerdict.Pass, $"with all pixels free {left} of {b.Right} are left; guessing leaves {b.Right / b.Classes}");
    }

    private static (LintVerdict, string) EightBit(LintBench b)
    {
        var outcome = b.Pgd(100);
        var broken = b.Broken(outcome);
        var rounded = LintBench.Flags(b.Look(outcome.X.mul(255).round().div(255)).argmax(1).ne(b.Y));
        var (all, undone) = (broken.Count(k => k), broken.Zip(rounded, (k, r) => k && !r).Count(u => u));
        return (undone > Math.Max(b.Slack, 0.1 * all) ? LintVerdict.Warn : LintVerdict.Pass, $"{undone} of {all} adversarial images lose their effect");
    }

    private static (LintVerdict, string) Battery(LintBench b)
    {
        if (b.LeftByBattery is not { } left) return (LintVerdict.NotRun, "no battery was given");
        var found = b.Remembered().Select(b.Broken).ToList();
        if (found.Count == 0) return (LintVerdict.NotRun, "no attack of these checks could run");
        var missed = Enumerable.Range(0, b.Count).Count(k => left[k] && b.Correct[k] && found.Any(f => f[k]));
        var evidence = $"of the {left.Zip(b.Correct, (l, c) => l && c).Count(l => l)} images that it left, these checks break {missed} at the same radius";
        return (missed > Math.Max(3, 0.05 * b.Right) ? LintVerdict.Fail : missed > b.Slack ? LintVerdict.Warn : LintVerdict.Pass, evidence);
    }

    // How much more the stronger of two searches breaks.
    private static (LintVerdict, string) Beyond(LintBench b, Outcome strong, Outcome weak, double most, string what, string than)
    {
        var (more, less) = (b.Broken(strong).Count(k => k), b.Broken(weak).Count(k => k));
        var gap = more - less;
        var verdict = gap > Math.Max(3, most * b.Right) ? LintVerdict.Fail : gap > Math.Max(2, most * b.Right / 2) ? LintVerdict.Warn : LintVerdict.Pass;
        return (verdict, $"{what} break {more} of {b.Right}, {than} {less}");
    }

    // What a weak attack breaks and gradient attacks do not.
    private static (LintVerdict, string) Missed(LintBench b, Outcome weak, string what)
    {
        var (own, climbed, margin) = (b.Broken(weak), b.Broken(b.Pgd(100)), b.Broken(b.Pgd(20, loss: AttackLoss.Margin)));
        var alone = Enumerable.Range(0, b.Count).Count(k => own[k] && !climbed[k] && !margin[k]);
        return (alone > b.Slack ? LintVerdict.Fail : LintVerdict.Pass, $"{what} breaks {own.Count(o => o)} of {b.Right}; {alone} of them stand a hundred gradient steps");
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

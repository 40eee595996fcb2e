using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>
/// A small network in float64, eight images on the 8-bit grid, and labels: the network's own predictions, except for image 0, which is
/// misclassified.
/// </summary>
internal sealed class Scene : IDisposable
{
    public const int N = 8;
    public const int Classes = 5;

    public Scene(int side = 12)
    {
        Network = Architectures.Fresh("tinycnn", Classes);
        X = (Architectures.Images(N, side) * 255).round() / 255;
        Samples = Ops.arange(N) + 100;
        // Logits that are zero on average: near the boundaries between classes, where a small radius breaks some images.
        using (NoGrad.Enter()) Network.Tensors()["fc.bias"].sub_(Network.Forward(X, Pass.Eval).mean(dim: 0));
        var predicted = Network.Forward(X, Pass.Eval).argmax(1);
        Y = Ops.where(Ops.arange(N).eq(0), (predicted + 1).remainder(Classes), predicted);
    }

    public Network Network { get; }

    public Tensor X { get; }

    public Tensor Y { get; }

    public Tensor Samples { get; }

    /// <summary>
    /// Every attack of the catalog under every norm that it takes, as "kind" or "kind norm". AutoAttack is its parts in a row, and long;
    /// transfer needs a checkpoint: these have tests of their own.
    /// </summary>
    public static IEnumerable<string> Cases => Kinds.Attacks.Entries.Where(e => e.Default() is not (AutoAttackOptions or TransferOptions))
        .SelectMany(e => Enum.GetValues<Norm>().Where(norm => Takes(e, norm)).Select(norm => norm == NormOf((AttackOptions)e.Default()) ? e.Kind : $"{e.Kind} {Word(norm)}"));

    /// <summary>The norm that an attack's radius or distance is measured in.</summary>
    public static Norm NormOf(AttackOptions options) => options switch
    {
        CarliniWagnerOptions => Norm.L2,
        _ => options.GetType().GetProperty("Norm")?.GetValue(options) is Norm norm ? norm : Norm.Linf,
    };

    /// <summary>A radius at which some samples break and others do not.</summary>
    public static Budget Radius(Norm norm) => norm switch
    {
        Norm.Linf => Budget.Of255(8),
        Norm.L2 => Budget.Parse("0.25"),
        _ => Budget.Parse("2.5"),
    };

    /// <summary>Options of a case with few steps.</summary>
    public static AttackOptions Options(string name, Budget? eps = null)
    {
        var (kind, norm) = (name.Split(' ')[0], name.Split(' ').ElementAtOrDefault(1));
        var options = (AttackOptions)Kinds.Attacks.Find(kind)!.Default();
        if (norm is not null) options = Under(options, norm);
        options = options switch
        {
            PgdOptions pgd => pgd with { Restarts = 2, Steps = 4 },
            NoiseOptions noise => noise with { Trials = 3 },
            SteppedOptions stepped => stepped with { Steps = 5 },
            StepFreeOptions free => free with { Steps = 10 },
            BoundaryOptions boundary => boundary with { Steps = 10 },
            SquareOptions square => square with { Queries = 30 },
            QuickOptions quick => quick with { Steps = 4, Targets = 2 },
            CarliniWagnerOptions wagner => wagner with { C = 1, SearchSteps = 2, Steps = 30, Lr = 0.02 },
            _ => options,
        };
        if (options is not BudgetedOptions budgeted) return options;
        var radius = eps ?? Radius(NormOf(options));
        return (budgeted with { Eps = radius }) switch
        {
            // The length of a step is in pixels by default.
            SteppedOptions stepped when norm is not null => stepped with { StepSize = Of(radius.Value / 3) },
            var other => other,
        };
    }

    /// <summary>A radius or a length, written as a number.</summary>
    public static Budget Of(double value) => Budget.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));

    private static bool Takes(Entry entry, Norm norm)
    {
        var options = (AttackOptions)entry.Default();
        return norm == NormOf(options) || (options.GetType().GetProperty("Norm") is not null && !Validation.Rules(Under(options, Word(norm)), o => o.Check()).Any());
    }

    private static AttackOptions Under(AttackOptions options, string norm)
    {
        var json = JsonSerializer.SerializeToNode(options, OptionsJson.Canonical)!;
        json["norm"] = norm;
        return json.Deserialize<AttackOptions>(OptionsJson.Canonical)!;
    }

    private static string Word(Norm norm) => norm.ToString().ToLowerInvariant();

    public Outcome Run(AttackOptions options, Victim? victim = null, Tensor? rows = null, ulong seed = 1, IStepObserver? observer = null, Tensor? labels = null, Tensor? targets = null)
    {
        Tensor Some(Tensor t) => rows is null ? t : t.index_select(0, rows);
        var draws = new Rng(seed).Draw("attack", Some(Samples), 0, DType.Float64);
        return options.Build().Run(victim ?? new Victim(Network), Some(X), Some(labels ?? Y), draws, targets, observer);
    }

    public void Dispose() => Network.Dispose();
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
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

    /// <summary>Options of a kind with few steps and a radius at which some samples break and others do not.</summary>
    public static AttackOptions Options(string kind, Budget? eps = null)
    {
        var options = (AttackOptions)Kinds.Attacks.Find(kind)!.Default();
        options = options switch
        {
            PgdOptions pgd => pgd with { Restarts = 2, Steps = 4 },
            NoiseOptions noise => noise with { Trials = 3 },
            SteppedOptions stepped => stepped with { Steps = 5 },
            StepFreeOptions free => free with { Steps = 10 },
            BoundaryOptions boundary => boundary with { Steps = 10 },
            SquareOptions square => square with { Queries = 30 },
            CarliniWagnerOptions wagner => wagner with { C = 1, SearchSteps = 2, Steps = 30, Lr = 0.02 },
            _ => options,
        };
        return options is BudgetedOptions budgeted && eps is { } radius ? budgeted with { Eps = radius } : options;
    }

    public Outcome Run(AttackOptions options, Victim? victim = null, Tensor? rows = null, ulong seed = 1, IStepObserver? observer = null)
    {
        Tensor Some(Tensor t) => rows is null ? t : t.index_select(0, rows);
        var draws = new Rng(seed).Draw("attack", Some(Samples), 0, DType.Float64);
        return options.Build().Run(victim ?? new Victim(Network), Some(X), Some(Y), draws, observer: observer);
    }

    public void Dispose() => Network.Dispose();
}

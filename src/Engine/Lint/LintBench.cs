using WebLab.Engine.Attacks;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Lint;

/// <summary>
/// A model and some images that the checks look at together: what one of them has measured, the others need not measure again. Its tensors
/// belong to the scope in which it was made.
/// </summary>
/// <param name="victim">The model as it is evaluated.</param>
/// <param name="x">Images as they are handed to attacks.</param>
/// <param name="y">Labels, N int64.</param>
/// <param name="ball">Norm and radius of the figure that is looked at.</param>
/// <param name="draws">Chance, keyed by the images.</param>
/// <param name="observer">Told of every step of an attack.</param>
public sealed class LintBench(Victim victim, Tensor x, Tensor y, (Norm Norm, Budget Eps) ball, Draws draws, IStepObserver? observer = null)
{
    private readonly Dictionary<string, Outcome> _outcomes = [];
    private Tensor? _logits;
    private bool[]? _correct;

    public Tensor X => x;

    public Tensor Y => y;

    public Norm Norm => ball.Norm;

    public double Eps => ball.Eps.Value;

    public int Count => (int)y.shape[0];

    /// <summary>Images that the battery left, of those that are classified correctly; null: it is not known.</summary>
    public bool[]? LeftByBattery { get; init; }

    /// <summary>Logits of the clean images.</summary>
    public Tensor Logits => _logits ??= Look(x);

    public int Classes => (int)Logits.shape[1];

    /// <summary>Images that are classified correctly.</summary>
    public bool[] Correct => _correct ??= Flags(Logits.argmax(1).eq(y));

    /// <summary>How many are classified correctly.</summary>
    public int Right => Correct.Count(c => c);

    /// <summary>As few images as say nothing: one, or 2 % of them.</summary>
    public int Slack => Math.Max(1, (int)Math.Ceiling(0.02 * Right));

    public Tensor Look(Tensor images)
    {
        using var off = NoGrad.Enter();
        return victim.Judged(images);
    }

    /// <summary>The gradient of a loss per image (N) by the images; zeros where there is no path.</summary>
    /// <exception cref="TorchException">The model hands on no gradient at all.</exception>
    public Tensor Gradient(Func<Tensor, Tensor, Tensor> loss)
    {
        using var on = WithGrad.Enter();
        var at = x.detach().requires_grad_();
        return Grad.Of([loss(victim.Judged(at), y)], [at])[0];
    }

    /// <summary>PGD at the figure's radius, or at a multiple of it.</summary>
    public Outcome Pgd(int steps, int restarts = 1, AttackLoss loss = AttackLoss.CrossEntropy, double times = 1) =>
        Attacked($"pgd{steps}-{restarts}-{loss}-{times}", Steps(steps, restarts, loss, times));

    /// <summary>The sides that the model is attacked from.</summary>
    public int Fronts => victim.Fronts.Count;

    /// <summary>PGD through the scored head alone, of a model that is attacked from several sides.</summary>
    public Outcome MainAlone(int steps) => Attacked($"main{steps}", Steps(steps, 1, AttackLoss.CrossEntropy, 1), new Victim(victim.Fronts[0].Logits));

    /// <summary>PGD on the logits, brought to unit spread.</summary>
    public Outcome Unscaled(int steps)
    {
        var spread = Math.Max(1e-12, (Logits - Logits.mean([1], true)).abs().mean().item<double>());
        return Attacked($"unscaled{steps}", Steps(steps, 1, AttackLoss.CrossEntropy, 1), new Victim(images => victim.Judged(images) / spread));
    }

    /// <summary>What an attack does to the images, remembered under its name.</summary>
    public Outcome Attacked(string name, AttackOptions options) => Attacked(name, options, victim);

    /// <summary>What was found so far at no more than the figure's radius.</summary>
    public IEnumerable<Outcome> Remembered() => _outcomes.Where(o => o.Key != "unbounded" && !o.Key.EndsWith("-2", StringComparison.Ordinal)).Select(o => o.Value);

    /// <summary>Correctly classified images that the attack broke.</summary>
    public bool[] Broken(Outcome outcome) => [.. Flags(outcome.Success).Zip(Correct, (b, c) => b && c)];

    private PgdOptions Steps(int steps, int restarts, AttackLoss loss, double times) => new()
    {
        Norm = Norm, Eps = Text(Eps * times), StepSize = Text(Eps * times * (steps <= 10 ? 0.25 : 0.1)), Steps = steps, Restarts = restarts, Loss = loss,
    };

    private Outcome Attacked(string name, AttackOptions options, Victim by)
    {
        if (_outcomes.TryGetValue(name, out var known)) return known;
        return _outcomes[name] = options.Build().Run(by, x, y, draws.In(name), observer: observer);
    }

    internal static bool[] Flags(Tensor flags) => [.. flags.to(DType.Int64).ToArray<long>().Select(f => f != 0)];

    internal static Budget Text(double value) => Budget.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
}

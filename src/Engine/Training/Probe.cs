using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <param name="Attack">Short name of the attack, such as <c>pgd10</c>.</param>
/// <param name="Gallery">Some images before and after.</param>
/// <param name="Diagnostics">Metrics of networks with helper heads or fused batch norm, by name.</param>
public sealed record ProbeResult(int Samples, double Seconds, string Attack, Score Score, IReadOnlyList<Exhibit> Gallery,
    IReadOnlyDictionary<string, double> Diagnostics);

/// <summary>The small evaluation inside training: always the same held-out images and the same attack noise, in fp32.</summary>
public sealed class Probe(ProbeSection section, TrainingData data)
{
    private const int Exhibits = 8;

    private static readonly AttackOptions pgd10 = new PgdOptions();

    private readonly AttackOptions _options = section.Attack ?? pgd10;

    /// <summary>As it stands in metric names: the kind and, where it has steps, their number.</summary>
    public string Name => NameOf(_options);

    /// <summary>The kind and, where it has steps, their number: <c>pgd20</c>.</summary>
    public static string NameOf(AttackOptions options) => Kinds.Attacks.KindOf(options) + (options is SteppedOptions { Steps: var steps } ? $"{steps}" : "");

    /// <param name="network">Run as in inference.</param>
    /// <param name="control">Told of each attack step.</param>
    /// <param name="time">For the seconds it took.</param>
    public ProbeResult Run(Network network, Control control, TimeProvider time)
    {
        var began = time.GetTimestamp();
        var (attack, victim, relay, rng) = (_options.Build(), new Victim(network), new StepRelay(control), new Rng(0));
        var (clean, robust, gallery, diagnostics) = (0L, 0L, new List<Exhibit>(), new Diagnostics(network));
        foreach (var indices in data.HeldOut.Chunk(data.BatchSize))
        {
            using var scope = Scope.Enter();
            var (x, y) = data.Seen(indices);
            var samples = Tensor.From(indices, indices.Length).to(y.device);
            var outcome = attack.Run(victim, x, y, rng.Draw("probe", samples, 0), observer: relay);
            clean += outcome.LabelBefore.eq(y).sum().item<long>();
            robust += outcome.Success.logical_or(outcome.Error).logical_not().sum().item<long>();
            diagnostics.Look(x, outcome.X, y, rng.Draw("diagnostics", samples, 0));
            for (var k = 0; k < indices.Length && gallery.Count < Exhibits; k++) gallery.Add(Exhibit.Of(x, y, outcome, k));
            control.Step();
        }
        double n = data.HeldOut.Length;
        return new ProbeResult(data.HeldOut.Length, time.GetElapsedTime(began).TotalSeconds, Name, new Score(clean / n, robust / n), gallery, diagnostics.Values);
    }
}

/// <summary>Passes each attack step on to the control thread's books, where cancel and yield strike.</summary>
public sealed class StepRelay(Control control) : IStepObserver
{
    public void OnStep(AttackStep step) => control.Step();
}

using WebLab.Engine.Methods;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

/// <summary>What happens to the optimiser where attacked images give way to clean ones.</summary>
public sealed class AdversarialThenCleanTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_clean_step_goes_along_its_own_gradient_alone_where_the_optimiser_forgets(bool reset)
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(new AdversarialThenCleanOptions { ResetOptimizer = reset });
        bench.Step(0);
        // The second clean step has a momentum again.
        Assert.Equal(reset, Plain(bench, 1));
        Assert.False(Plain(bench, 2));
    }

    // Whether a clean step is w - lr (g + decay w).
    private static bool Plain(Bench bench, int step)
    {
        var before = bench.Network.Parameters.ToDictionary(p => p.Name, p => p.Slot.Value.detach().clone());
        var notes = new Dictionary<string, Tensor>();
        bench.Step(step, epoch: 100, notes: notes);
        var gap = bench.Network.Parameters.Max(p => (before[p.Name] - ((notes[$"grad.{p.Name}"] + (before[p.Name] * 5e-4)) * 0.1) - p.Slot.Value).abs().max().item<double>());
        foreach (var note in notes.Values) note.Dispose();
        return gap < 1e-12;
    }
}

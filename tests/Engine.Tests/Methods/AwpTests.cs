using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

public sealed class AwpTests
{
    private const double Gamma = 0.02;

    private static readonly AwpOptions options = new() { Attack = new PgdOptions { Steps = 2 }, Gamma = Gamma };

    [Fact]
    public void Weights_are_perturbed_by_a_share_of_their_length_and_norms_and_biases_not()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options);
        var weights = bench.Network.Parameters.ToDictionary(p => p.Name, p => p.Slot.Value.detach().clone());
        var notes = new Dictionary<string, Tensor>();
        bench.Step(0, notes: notes);
        foreach (var (name, weight) in weights)
        {
            Assert.Equal(weight.dim() > 1, notes.TryGetValue($"v.{name}", out var v));
            if (v is not null) Assert.Equal(Gamma, (v.norm() / weight.norm()).item<double>(), 12);
        }
        foreach (var note in notes.Values) note.Dispose();
    }

    [Fact]
    public void The_loss_at_the_perturbed_weights_is_larger()
    {
        using var awp = new Bench(options);
        using var plain = new Bench(new PgdAtOptions { Attack = options.Attack });
        Assert.True(awp.Step(0) > plain.Step(0));
    }
}

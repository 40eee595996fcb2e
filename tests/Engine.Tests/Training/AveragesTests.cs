using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class AveragesTests
{
    [Fact]
    public void Weights_and_statistics_follow_at_the_ramp_of_tensorflow_up_to_the_decay()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var network = new TinyCnnOptions().Build(new NetShape(3, 10));
        network.Initialise(new Rng(0));
        var watched = network.State.Where(s => s.Slot.Value.dtype.IsFloat()).ToDictionary(s => s.Name, s => s.Slot);
        Assert.Contains(watched.Keys, name => name.EndsWith("running_var", StringComparison.Ordinal));
        foreach (var slot in watched.Values) slot.Value.fill_(0);
        // Beyond t = 90,000 the ramp is above the decay.
        (long Step, double Keep)[] steps = [(1, 2.0 / 11), (2, 3.0 / 12), (1000, 1001.0 / 1010), (200_000, 0.9999)];
        using var averages = new Averages(network, 0.9999);
        foreach (var slot in watched.Values) slot.Value.fill_(1);
        var expected = 0.0;
        foreach (var (step, keep) in steps)
        {
            averages.Update(step);
            expected = (keep * expected) + (1 - keep);
            Assert.All(watched.Keys, name => Assert.Equal(expected, averages.Tensors[name].reshape(-1)[0].item<double>(), 1e-6));
        }
    }
}

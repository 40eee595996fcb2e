using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

public sealed class LbgatTests
{
    private static readonly LbgatOptions options = new() { Teacher = new TinyCnnOptions() };

    [Fact]
    public void The_student_takes_two_passes_of_statistics_and_the_teacher_one()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options);
        bench.Step(0);
        Assert.All(bench.Network.State.Where(s => s.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
            s => Assert.Equal(2, s.Slot.Value.item<long>()));
        Assert.All(bench.Method.State.Where(s => s.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
            s => Assert.Equal(1, s.Value.item<long>()));
    }

    [Fact]
    public void The_teacher_learns_and_starts_elsewhere_than_the_student()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options);
        var before = bench.Method.Parameters.ToDictionary(p => p.Name, p => p.Slot.Value.detach().clone());
        Assert.False(before["teacher.conv1.weight"].equal(bench.Network.Tensors()["conv1.weight"]));
        bench.Step(0);
        Assert.All(bench.Method.Parameters, p => Assert.False(p.Slot.Value.equal(before[p.Name]), p.Name));
    }

    [Fact]
    public void The_default_teacher_keeps_a_map_of_8_and_the_size_of_its_network()
    {
        using var scope = Scope.Enter();
        using var teacher = new LbgatOptions().Teacher.Build(new NetShape(3, 10));
        Assert.Equal(11_173_962, teacher.ParameterCount);
        using var off = NoGrad.Enter();
        Assert.Equal([1, 512, 8, 8], teacher.Upto("layer4")(Ops.zeros([1, 3, 32, 32]), Pass.Eval).shape);
    }
}

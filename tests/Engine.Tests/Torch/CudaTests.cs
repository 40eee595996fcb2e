using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Torch;

/// <summary>A GPU beside the CPU. Training, resuming and evaluating there are covered by their own tests, which take the GPU where there is one.</summary>
public sealed class CudaTests
{
    public CudaTests() => Assert.SkipUnless(Libtorch.CudaCount > 0, "this libtorch sees no GPU");

    [Fact]
    public void The_driver_names_the_GPU_and_its_memory()
    {
        var (free, total) = Libtorch.CudaMemory(0);
        Assert.NotEmpty(Libtorch.CudaName(0));
        Assert.InRange(free, 1, total);
    }

    [Fact]
    public void Draws_are_the_same_numbers_as_on_the_CPU()
    {
        using var scope = Scope.Enter();
        Tensor Drawn(Device device) => new Rng(7).Draw("attack", Ops.arange(64, device: device), 3).Uniform("start", -1, 1, 3, 32, 32).cpu();
        Assert.True(Drawn(Device.Cpu).equal(Drawn(Device.Cuda())));
    }

    [Fact]
    public void Logits_in_fp32_are_those_of_the_CPU()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var x = new Rng(1).Draw("x", Ops.arange(8), 0).Uniform("x", 0, 1, 3, 32, 32);
        Tensor Logits(Device device)
        {
            using var network = new ResNet18Options().Build(new NetShape(3, 10));
            network.Initialise(new Rng(0));
            network.To(device, channelsLast: true);
            return network.Forward(x.to(device), Pass.Eval).cpu();
        }

        // TF32 has 10 bits of mantissa: it would be off by 1e-3.
        Assert.InRange((Logits(Device.Cpu) - Logits(Device.Cuda())).abs().max().item<double>(), 0, 5e-5);
    }

    [Fact]
    public void The_same_attack_twice_gives_the_same_bits()
    {
        using var scope = Scope.Enter();
        using var network = new ResNet18Options { Width = 16 }.Build(new NetShape(3, 10));
        network.Initialise(new Rng(0));
        network.To(Device.Cuda(), channelsLast: true);
        var samples = Ops.arange(32, device: Device.Cuda());
        var x = new Rng(1).Draw("x", samples, 0).Uniform("x", 0, 1, 3, 32, 32);
        var y = network.Forward(x, Pass.Eval).argmax(1);
        Tensor Found() => new PgdOptions { Steps = 5 }.Build().Run(new Victim(network), x, y, new Rng(2).Draw("attack", samples, 0)).X;
        Assert.True(Found().equal(Found()));
    }
}

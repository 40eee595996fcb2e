using WebLab.Engine.Torch;
using Xunit;
using static WebLab.Engine.Torch.Ops;

namespace WebLab.Engine.Tests.Torch;

public sealed class SideBySideTests : IDisposable
{
    private readonly int _threads = Libtorch.Threads;

    public void Dispose() => Libtorch.SetThreads(_threads);

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(8)]
    public void Parts_give_what_the_whole_gives(int threads)
    {
        using var scope = Scope.Enter();
        var (x, weight) = (Images(), Weight());
        Tensor F(Tensor images) => conv2d(images, weight, padding: 1).relu().mean([2, 3]);
        var apart = Apart(F, threads);

        AssertClose(F(x), apart(x));
        Assert.False(apart(x).requires_grad);

        var (whole, leaf) = (x.clone().requires_grad_(), x.clone().requires_grad_());
        var weights = Tensor.From(Enumerable.Range(0, 20).Select(k => k - 7.0).ToArray(), 5, 4);
        var logits = apart(leaf);
        AssertClose(Grad.Of((F(whole) * weights).sum(), whole), Grad.Of([(logits * weights).sum()], [leaf], retain: true)[0]);
        AssertClose(Grad.Of(F(whole).square().sum(), whole), Grad.Of(logits.square().sum(), leaf));
    }

    [Fact]
    public void A_gradient_goes_on_to_what_its_argument_was_made_from()
    {
        using var scope = Scope.Enter();
        var shift = Tensor.From(new[] { 0.5 }, 1).requires_grad_();
        var logits = Apart(x => x.square().sum([1, 2, 3], false).unsqueeze(1), 2)(Images() + shift);
        Assert.Equal((2 * (Images() + 0.5)).sum().item<double>(), Grad.Of(logits.sum(), shift).item<double>(), 9);
    }

    [Fact]
    public void Rows_that_the_function_forgets_have_no_slope()
    {
        using var scope = Scope.Enter();
        var x = Images().requires_grad_();
        var logits = Apart(images => images.shape[0] == 2 ? images.flatten(1) : zeros([images.shape[0], 27], DType.Float64).requires_grad_(), 2)(x);
        var slope = Grad.Of(logits.sum(), x).flatten(1).sum(1).ToArray<double>();
        Assert.Equal([27, 27, 0, 0, 0], slope);
    }

    [Fact]
    public void Without_a_graph_nothing_is_recorded()
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        Assert.False(Apart(x => x * 2, 2)(Images().requires_grad_()).requires_grad);
    }

    [Fact]
    public void Misuse_is_refused()
    {
        using var scope = Scope.Enter();
        var x = Images().requires_grad_();
        var twice = Apart(images => images.square().flatten(1), 2);
        Assert.Contains("second derivative", Assert.Throws<TorchException>(() => Grad.Of([twice(x).sum()], [x], createGraph: true)).Message);
        var loss = twice(x).sum();
        Grad.Of(loss, x);
        Assert.Throws<TorchException>(() => Grad.Of(loss, x));
        var thrown = Assert.Throws<InvalidOperationException>(() => Apart(images => images.shape[0] == 3 ? throw new InvalidOperationException("third") : images, 2)(x));
        Assert.Equal("third", thrown.Message);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using (Scope.Enter()) _ = Apart(x => x * 2, 2)(Images());
        var before = Tensor.Live;
        using (Scope.Enter())
            for (var k = 0; k < 20; k++)
            {
                var x = Images().requires_grad_();
                Grad.Of(Apart(images => (images * 2).flatten(1).relu(), 3)(x).sum(), x);
            }

        Assert.Equal(before, Tensor.Live);
    }

    [Fact]
    public void Threads_go_to_parts_or_to_operators()
    {
        SideBySide.Share(2);
        Assert.Equal((2, 1), (SideBySide.Threads, Libtorch.Threads));
        Libtorch.SetThreads(2);
        Assert.Equal((1, 2), (SideBySide.Threads, Libtorch.Threads));
    }

    private static Func<Tensor, Tensor> Apart(Func<Tensor, Tensor> f, int threads)
    {
        SideBySide.Share(threads);
        return SideBySide.Rows(f);
    }

    private static void AssertClose(Tensor want, Tensor got)
    {
        Assert.Equal(want.shape, got.shape);
        Assert.InRange((want - got).abs().max().item<double>(), 0, 1e-12);
    }

    private static Tensor Images() => Tensor.From(Enumerable.Range(0, 135).Select(k => Math.Sin(k * 1.7)).ToArray(), 5, 3, 3, 3);

    private static Tensor Weight() => Tensor.From(Enumerable.Range(0, 108).Select(k => Math.Cos(k * 0.9)).ToArray(), 4, 3, 3, 3);
}

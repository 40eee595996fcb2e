using WebLab.Engine.Torch;
using Xunit;
using static WebLab.Engine.Torch.Ops;

namespace WebLab.Engine.Tests.Torch;

public class ScopeTests
{
    [Fact]
    public void What_a_scope_owns_ends_with_it()
    {
        var before = Tensor.Live;
        Tensor inside;
        using (Scope.Enter())
        {
            inside = ones([3]);
            _ = inside + inside;
            Assert.Equal(before + 2, Tensor.Live);
        }
        Assert.Equal(before, Tensor.Live);
        Assert.Throws<ObjectDisposedException>(() => inside.sum());
        Assert.Contains("scope has ended", inside.Describe());
    }

    [Fact]
    public void A_kept_tensor_moves_to_the_enclosing_scope()
    {
        var before = Tensor.Live;
        using (var outer = Scope.Enter())
        {
            Tensor kept;
            using (var inner = Scope.Enter())
                kept = inner.Keep(ones([3]) * 2);
            Assert.Equal(before + 1, Tensor.Live);
            Assert.Equal([2, 2, 2], kept.ToArray<float>());
        }
        Assert.Equal(before, Tensor.Live);
    }

    [Fact]
    public void Keeping_a_tensor_of_an_outer_scope_changes_nothing()
    {
        var before = Tensor.Live;
        using (var outer = Scope.Enter())
        {
            var mine = ones([3]);
            using (var inner = Scope.Enter())
                inner.Keep(mine);
            Assert.Equal(3, mine.sum().item<long>());
        }
        Assert.Equal(before, Tensor.Live);
    }

    [Fact]
    public void An_unscoped_tensor_lives_until_it_is_disposed()
    {
        var before = Tensor.Live;
        Tensor free;
        using (Scope.Enter())
            free = ones([3]).Unscoped();
        Assert.Equal(3, free.ToArray<float>().Sum());
        free.Dispose();
        free.Dispose();
        Assert.Equal(before, Tensor.Live);
    }

    [Fact]
    public void Scopes_that_end_out_of_order_are_refused()
    {
        var outer = Scope.Enter();
        var inner = Scope.Enter();
        var refused = false;
        try
        {
            outer.Dispose();
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }
        inner.Dispose();
        outer.Dispose();
        Assert.True(refused);
    }

    [Fact]
    public void A_scope_ends_when_an_exception_flies()
    {
        var before = Tensor.Live;
        Assert.Throws<TorchException>(Fail);
        Assert.Equal(before, Tensor.Live);

        static void Fail()
        {
            using var scope = Scope.Enter();
            var a = ones([2, 3]);
            a.mm(a);
        }
    }

    [Fact]
    public void Each_thread_has_its_own_scopes()
    {
        using var scope = Scope.Enter();
        var before = Tensor.Live;
        var sums = new double[4];
        var threads = Enumerable.Range(0, 4).Select(k => new Thread(() =>
        {
            for (var round = 0; round < 200; round++)
            {
                using var mine = Scope.Enter();
                sums[k] += (ones([8]) * k).sum().item<double>();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.Equal([0, 1600, 3200, 4800], sums);
        Assert.Equal(before, Tensor.Live);
    }

    [Fact]
    public void Threads_of_an_operator_can_be_set()
    {
        var before = Libtorch.Threads;
        Libtorch.SetThreads(1);
        Assert.Equal(1, Libtorch.Threads);
        Libtorch.SetThreads(before);
        Assert.Equal(before, Libtorch.Threads);
        Assert.Throws<ArgumentOutOfRangeException>(() => Libtorch.SetThreads(0));
    }

    [Fact]
    public void Ten_thousand_steps_leave_nothing_behind()
    {
        var start = Tensor.Live;
        using var outer = Scope.Enter();
        var weight = full([8, 4], 0.1).requires_grad_();
        var x = ones([16, 4]);
        var y = arange(16).remainder(8);
        var live = Tensor.Live;
        Steps(1000);
        var memory = Environment.WorkingSet;
        Steps(9000);
        Assert.Equal(live, Tensor.Live);
        Assert.InRange(Environment.WorkingSet - memory, long.MinValue, 32L << 20);
        Assert.InRange(live - start, 3, 6);

        void Steps(int count)
        {
            for (var step = 0; step < count; step++)
            {
                try
                {
                    using var scope = Scope.Enter();
                    var loss = cross_entropy_loss(linear(x, weight), y);
                    var grad = Grad.Of(loss, weight);
                    using (NoGrad.Enter())
                        weight.sub_(grad * 0.01);
                    if (step % 3 == 0)
                        weight.mm(weight);
                }
                catch (TorchException)
                {
                    Assert.Equal(live, Tensor.Live);
                }
            }
        }
    }
}

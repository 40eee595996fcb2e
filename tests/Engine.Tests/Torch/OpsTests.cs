using WebLab.Engine.Torch;
using Xunit;

using static WebLab.Engine.Torch.Ops;

namespace WebLab.Engine.Tests.Torch;

public class OpsTests
{
    [Fact]
    public void A_tensor_gives_back_the_numbers_it_was_made_of()
    {
        using var scope = Scope.Enter();
        var t = Tensor.From(new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
        Assert.Equal([2, 3], t.shape);
        Assert.Equal([1, 4, 2, 5, 3, 6], t.t().ToArray<float>());
        Assert.Equal(DType.Float32, t.dtype);
        Assert.Equal(21, t.sum().item<double>());
    }

    [Fact]
    public void An_integer_tensor_stays_one_under_integer_scalars()
    {
        using var scope = Scope.Enter();
        var t = arange(4) * 3 + 1;
        Assert.Equal(DType.Int64, t.dtype);
        Assert.Equal([1, 4, 7, 10], t.ToArray<long>());
        Assert.Equal(DType.Float32, (arange(4) * 0.5).dtype);
    }

    [Fact]
    public void Operators_follow_arithmetic()
    {
        using var scope = Scope.Enter();
        var a = Tensor.From(new double[] { 1, 2, 4 });
        var b = Tensor.From(new double[] { 2, 2, 2 });
        Assert.Equal([3, 4, 6], (a + b).ToArray<double>());
        Assert.Equal([-1, 0, 2], (a - b).ToArray<double>());
        Assert.Equal([0, -1, -3], (1 - a).ToArray<double>());
        Assert.Equal([2, 4, 8], (a * b).ToArray<double>());
        Assert.Equal([0.5, 1, 2], (a / b).ToArray<double>());
        Assert.Equal([4, 2, 1], (4 / a).ToArray<double>());
        Assert.Equal([-1, -2, -4], (-a).ToArray<double>());
    }

    [Fact]
    public void Convolution_sums_a_window()
    {
        using var scope = Scope.Enter();
        var x = arange(16).to(DType.Float32).reshape(1, 1, 4, 4);
        var y = conv2d(x, ones([1, 1, 3, 3]));
        Assert.Equal([45, 54, 81, 90], y.ToArray<float>());
        var z = conv2d(x, ones([1, 1, 3, 3]), Tensor.From(new float[] { 1 }, 1), stride: 2, padding: 1);
        Assert.Equal([1, 1, 2, 2], z.shape);
    }

    [Fact]
    public void Lists_and_optional_lists_pass_through()
    {
        using var scope = Scope.Enter();
        var x = arange(12).reshape(3, 4);
        var rows = Tensor.From(new long[] { 0, 2 });
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11], x.index(rows).ToArray<long>());
        Assert.Equal([0, 2, 4, 6, 8, 10], x.index(null, rows).ToArray<long>());
        Assert.Equal([3, 8], cat([x, x], 1).shape);
        Assert.Equal([2, 1, 1], x.split([2, 1, 1], 1).Select(t => t.size(1)));
        Assert.Equal(Enumerable.Repeat(1L, 700), stack([.. Enumerable.Range(0, 700).Select(_ => ones([], DType.Int64))]).ToArray<long>());
    }

    [Fact]
    public void Optional_results_come_in_pairs()
    {
        using var scope = Scope.Enter();
        var (values, indices) = Tensor.From(new float[] { 3, 1, 2 }).topk(2);
        Assert.Equal([3, 2], values.ToArray<float>());
        Assert.Equal([0, 2], indices.ToArray<long>());
    }

    [Fact]
    public void An_in_place_operator_returns_its_own_tensor()
    {
        using var scope = Scope.Enter();
        var t = zeros([3]);
        Assert.Same(t, t.add_(2).mul_(3));
        Assert.Equal([6, 6, 6], t.ToArray<float>());
    }

    [Fact]
    public void A_file_can_be_looked_at_as_a_tensor()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, [9, 9, 1, 2, 3, 4, 5, 6]);
        using (var scope = Scope.Enter())
        {
            var t = Tensor.Map(path, 2, DType.UInt8, 2, 3);
            Assert.Equal([4, 5, 6], t[1].ToArray<byte>());
            Assert.Throws<InvalidDataException>(() => Tensor.Map(path, 3, DType.UInt8, 2, 3));
        }
        File.Delete(path);
    }

    [Fact]
    public void An_error_names_operator_shapes_and_reason()
    {
        using var scope = Scope.Enter();
        var e = Assert.Throws<TorchException>(() => zeros([2, 3]).mm(zeros([2, 3])));
        Assert.Contains("aten::mm(float32 [2, 3], float32 [2, 3])", e.Message);
        Assert.Contains("cannot be multiplied", e.Message);
        Assert.DoesNotContain("frame #", e.Message);
    }

    [Fact]
    public void An_unknown_operator_is_refused()
    {
        var e = Assert.Throws<TorchException>(() => Call("no_such_thing.Tensor"));
        Assert.Contains("aten::no_such_thing.Tensor", e.Message);
    }

    [Fact]
    public void A_missing_argument_is_named()
    {
        using var scope = Scope.Enter();
        var e = Assert.Throws<TorchException>(() => Call("mm", zeros([2, 2])));
        Assert.Contains("'mat2' is missing", e.Message);
    }

    [Fact]
    public void A_shape_that_does_not_hold_the_numbers_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => Tensor.From(new float[] { 1, 2, 3 }, 2, 2));
        Assert.Contains("holds 4 numbers, got 3", e.Message);
    }

    [Fact]
    public void Every_operator_that_the_engine_calls_exists()
    {
        var operators = Libtorch.Operators();
        Assert.Contains("conv2d", operators);
        Assert.Contains("add_.Tensor", operators);
        Assert.All(operators, op => Assert.True(Libtorch.Has(op), op));
    }
}

using WebLab.Engine.Data;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Data;

public sealed class TensorSplitTests : IDisposable
{
    private readonly TempFolder _data = new();
    private readonly PackedDataset _packed;

    public TensorSplitTests()
    {
        Drawn.Shapes(_data.Path);
        _packed = DatasetShelf.In(_data.Path).Open(Shapes32.Id);
    }

    public void Dispose()
    {
        _packed.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void A_batch_holds_the_bytes_divided_by_255()
    {
        using var scope = Scope.Enter();
        using var split = new TensorSplit(_packed.Train, Device.Cpu);
        var (x, y) = split.Batch([5, 3, 5]);
        Assert.Equal([3, 3, 32, 32], x.shape);
        Assert.Equal(DType.Float32, x.dtype);
        Assert.Equal(_packed.Train.Read(5).Concat(_packed.Train.Read(3)).Concat(_packed.Train.Read(5)).Select(b => b / 255f), x.ToArray<float>());
        Assert.Equal([5, 3, 5], y.ToArray<long>());
    }

    [Fact]
    public void A_limit_takes_the_first_samples()
    {
        using var split = new TensorSplit(_packed.Train, Device.Cpu, limit: 7);
        Assert.Equal(7, split.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => split.Batch([7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => split.Batch([-1]));
    }

    [Fact]
    public void Batches_leave_no_tensors_behind()
    {
        var before = Tensor.Live;
        using (var split = new TensorSplit(_packed.Test, Device.Cpu))
            for (var i = 0; i < 20; i++)
            {
                using var scope = Scope.Enter();
                split.Batch([0, 1, 2]);
            }

        Assert.Equal(before, Tensor.Live);
    }
}

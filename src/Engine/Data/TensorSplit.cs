using WebLab.Engine.Torch;

namespace WebLab.Engine.Data;

/// <summary>One split as tensors: mapped from its file on the CPU, resident on any other device.</summary>
public sealed class TensorSplit : IDisposable
{
    private readonly Tensor _images;
    private readonly Tensor _labels;

    /// <param name="limit">Take only the first samples; all where null or beyond the count.</param>
    public TensorSplit(PackedSplit split, Device device, int? limit = null)
    {
        Shape = split.Shape;
        Count = Math.Min(limit ?? split.Count, split.Count);
        using var scope = Scope.Enter();
        // images: N x C x H x W uint8; labels: N int64
        _images = Tensor.Map(split.Path, 0, DType.UInt8, Count, Shape.Channels, Shape.Height, Shape.Width).to(device).Unscoped();
        _labels = Tensor.From([.. Enumerable.Range(0, Count).Select(i => (long)split.Label(i))], Count).to(device).Unscoped();
    }

    public ImageShape Shape { get; }

    public int Count { get; }

    /// <summary>All labels, N int64, on the device.</summary>
    public Tensor Labels => _labels;

    /// <summary>The samples of a batch, in the order of <paramref name="indices"/>.</summary>
    /// <returns>x: N x C x H x W float32 in [0,1]; y: N int64; both on the device.</returns>
    public (Tensor X, Tensor Y) Batch(ReadOnlySpan<long> indices)
    {
        foreach (var index in indices)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(indices));
        using var scope = Scope.Enter();
        var rows = Tensor.From(indices, indices.Length).to(_images.device);
        return (scope.Keep(ToUnit(_images.index_select(0, rows))), scope.Keep(_labels.index_select(0, rows)));
    }

    public void Dispose()
    {
        _images.Dispose();
        _labels.Dispose();
    }

    /// <summary>Bytes to pixels in [0,1]: the exact quotient by 255, rounded once.</summary>
    private static Tensor ToUnit(Tensor bytes) => bytes.to(DType.Float32).div_(255);
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Random;

/// <summary>
/// All chance of a run. Draws are a pure function of (seed, name, sample index, step): they depend on no batch size,
/// order, device or resume, and there is no state to save.
/// </summary>
/// <param name="seed">The run's seed.</param>
public sealed class Rng(ulong seed)
{
    private readonly ConcurrentDictionary<string, ulong> keys = new(StringComparer.Ordinal);

    public ulong Seed { get; } = seed;

    /// <summary>Draws of one batch in one step.</summary>
    /// <param name="stream">`order`, `augment`, `attack`, `method`, ...: streams never meet.</param>
    /// <param name="samples">N int64: index of each sample in its data set, in [0, 2^32). Results live on its device.</param>
    /// <param name="step">The optimiser step, the epoch, or the restart: whatever the stream counts.</param>
    /// <param name="dtype">Float type of the results; the numbers are the same in each.</param>
    public Draws Draw(string stream, Tensor samples, long step, DType dtype = DType.Float32) =>
        new PhiloxDraws(this, stream, samples, step, dtype);

    /// <summary>Draws that belong to no sample: N = 1.</summary>
    public Draws Draw(string stream, long step, DType dtype = DType.Float32) =>
        Draw(stream, Ops.zeros([1], DType.Int64), step, dtype);

    /// <summary>The numbers of one sample without tensors, for work on single images.</summary>
    /// <param name="stream">As in <see cref="Draw(string, Tensor, long, DType)"/>.</param>
    /// <param name="sample">Index in the data set, in [0, 2^32).</param>
    public Chance Chance(string stream, long sample, long step = 0) => new(Key(stream), sample, step);

    /// <summary>A permutation of 0..n-1, int64 on the CPU: the order of a data set in epoch <paramref name="step"/>.</summary>
    public Tensor Permutation(string stream, long n, long step)
    {
        using var scope = Scope.Enter();
        return scope.Keep(Draw(stream, Ops.arange(n), step).Permutation("permutation"));
    }

    /// <summary>The Philox key of a name: the first 8 bytes of SHA-256 over the seed and the name.</summary>
    internal ulong Key(string name) => keys.GetOrAdd(name, static (text, seed) =>
    {
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(8));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes));
    }, Seed);
}

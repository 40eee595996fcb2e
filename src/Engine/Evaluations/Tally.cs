using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// What is known of every image of an evaluation: the columns of <c>outcomes.safetensors</c>, N each, and who still stands. Images are
/// named by their row, 0 to N - 1 in the order of the data set. Its tensors belong to the scope in which it was made.
/// </summary>
internal sealed class Tally
{
    private readonly Dictionary<string, Tensor> _columns = [];
    private readonly List<(long[] Rows, int Stage, Tensor X)> _images = [];
    private readonly bool[] _correct;
    private readonly bool[] _standing;
    private readonly long _room;
    private long _bytes;

    /// <param name="indices">Of the images in the data set, ascending.</param>
    /// <param name="clean">label, predicted (N int64), error (N bool), margin (N) and logits (N x K) of the clean images.</param>
    /// <param name="room">Bytes of adversarial images that are kept.</param>
    public Tally(long[] indices, Dictionary<string, Tensor> clean, long room)
    {
        (Indices, Logits, _room) = (indices, clean["logits"], room);
        _columns["index"] = Tensor.From(indices, indices.Length);
        foreach (var (name, tensor) in clean.Where(c => c.Key != "logits")) _columns[$"clean.{name}"] = tensor;
        _correct = Flags(clean["label"].eq(clean["predicted"]).logical_and(clean["error"].logical_not()));
        _standing = [.. _correct];
    }

    public long[] Indices { get; }

    /// <summary>Logits of the clean images, N x K on the CPU.</summary>
    public Tensor Logits { get; }

    public IReadOnlyDictionary<string, Tensor> Columns => _columns;

    /// <summary>Rows that are classified correctly.</summary>
    public long[] Correct => Rows(_correct);

    /// <summary>Rows that no attack has broken so far, and on which none failed.</summary>
    public long[] Standing => Rows(_standing);

    /// <summary>Room for another image of the given size.</summary>
    public bool HasRoom(long bytes) => _bytes + bytes <= _room;

    /// <summary>Lays out the columns of a stage. Of rows that are not tried they hold false, 0, no first success, and label and margin of the clean image.</summary>
    public void Begin(EvaluationStage stage)
    {
        foreach (var name in (string[])["tried", "broken", "broken8", "error"]) _columns[$"{stage.Name}.{name}"] = Ops.zeros([Indices.Length], DType.Bool);
        foreach (var name in (string[])["forwards", "backwards", "round"]) _columns[$"{stage.Name}.{name}"] = Ops.zeros([Indices.Length], DType.Int64);
        foreach (var name in (string[])["linf", "l2", "l1"]) _columns[$"{stage.Name}.{name}"] = Ops.zeros([Indices.Length]);
        foreach (var name in (string[])["predicted", "margin"]) _columns[$"{stage.Name}.{name}"] = _columns[$"clean.{name}"].clone();
        _columns[$"{stage.Name}.first"] = Ops.full([Indices.Length], -1, DType.Int64);
    }

    /// <summary>Takes in what a stage did to some rows.</summary>
    /// <param name="stage">Its number and name.</param>
    /// <param name="part">row (n int64), n values by name, and the images found: image (m x C x H x W) of imageRow (m int64).</param>
    public void Enter(EvaluationStage stage, IReadOnlyDictionary<string, Tensor> part)
    {
        var row = part["row"];
        _columns[$"{stage.Name}.tried"].index_copy_(0, row, Ops.ones_like(row, DType.Bool));
        foreach (var (name, values) in part.Where(p => p.Key is not ("row" or "image" or "imageRow" or "seconds")))
            _columns[$"{stage.Name}.{name}"].index_copy_(0, row, values);
        var (rows, broken, error) = (row.ToArray<long>(), Flags(part["broken"]), Flags(part["error"]));
        for (var k = 0; k < rows.Length; k++)
            if (broken[k] || error[k]) _standing[rows[k]] = false;
        if (!part.TryGetValue("image", out var images)) return;
        _images.Add((part["imageRow"].ToArray<long>(), stage.Number, images));
        _bytes += images.numel() * sizeof(float);
    }

    /// <summary>Adds a column that no attack of the battery has, N entries.</summary>
    public void Put(string name, Tensor column) => _columns[name] = column;

    /// <summary>Images that fell, but to none of these attacks once what was found is rounded to 8 bits.</summary>
    public int LostInEightBits(IEnumerable<string> stages)
    {
        var fallen = stages.Select(s => Flags(_columns[$"{s}.broken8"].logical_or(_columns[$"{s}.error"]))).ToList();
        return Enumerable.Range(0, Indices.Length).Count(k => _correct[k] && !_standing[k] && !fallen.Any(f => f[k]));
    }

    /// <summary>The adversarial images that were kept: index and attack (M int64), x (M x C x H x W). Null when there are none.</summary>
    public Dictionary<string, Tensor>? Images() => _images.Count == 0 ? null : new()
    {
        ["index"] = Column(_images.SelectMany(i => i.Rows.Select(r => Indices[r]))),
        ["attack"] = Column(_images.SelectMany(i => i.Rows.Select(_ => (long)i.Stage))),
        ["x"] = Ops.cat([.. _images.Select(i => i.X)], 0),
    };

    private static Tensor Column(IEnumerable<long> values)
    {
        var all = values.ToArray();
        return Tensor.From(all, all.Length);
    }

    private static bool[] Flags(Tensor flags) => [.. flags.to(DType.Int64).ToArray<long>().Select(f => f != 0)];

    private static long[] Rows(bool[] flags) => [.. Enumerable.Range(0, flags.Length).Where(k => flags[k]).Select(k => (long)k)];
}

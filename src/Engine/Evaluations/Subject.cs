using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>A checkpoint and the images that it is tried on.</summary>
public sealed class Subject : IDisposable
{
    private readonly string _checkpoint;
    private readonly TrainedModel _model;
    private readonly PackedDataset _dataset;
    private readonly TensorSplit _split;

    /// <param name="data">The data directory.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="device">Where network and images go.</param>
    /// <exception cref="JobFailure"><c>bad-recipe</c>, <c>dataset-missing</c>: the message names the field.</exception>
    public Subject(string data, SubjectRequest request, Device device)
    {
        Rng = new Rng((ulong)request.Seed);
        _checkpoint = Path.Combine(data, request.Checkpoint);
        _model = Open(_checkpoint, device);
        _dataset = BuiltIn.Open(DatasetShelf.In(data), request.Data, request.Version, TimeProvider.System);
        Demand(_model.Manifest, _dataset.Manifest, request.Split);
        (Device, Match) = (device, ClassMatch.Of(_model.Manifest.Data, _dataset.Manifest));
        _split = new TensorSplit(_dataset.Of(request.Split), device);
        var chosen = Chosen(request);
        Count = Math.Min(request.Limit ?? int.MaxValue, chosen.Length);
        Batches = [.. Subset(chosen).Chunk(request.BatchSize)];
    }

    public Network Network => _model.Network;

    /// <summary>How the network is run as it is.</summary>
    public Pass Frozen => _model.Frozen;

    public DatasetManifest Data => _dataset.Manifest;

    public Device Device { get; }

    /// <summary>How the classes of the images are those of the network.</summary>
    public ClassMatch Match { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    /// <summary>Indices of the images, ascending; a subset is drawn by the seed.</summary>
    public long[][] Batches { get; }

    public Rng Rng { get; }

    /// <summary>SHA-256 of the weights file.</summary>
    public string WeightsSha256 => _model.Manifest.Files.First(f => f.Name == Checkpoints.Weights).Sha256;

    /// <summary>Values that training keeps beside the weights, by the name they have in the checkpoint's state; null: it has none.</summary>
    public double[]? Kept(string name)
    {
        var path = Path.Combine(_checkpoint, Checkpoints.State);
        if (!File.Exists(path)) return null;
        using var scope = Scope.Enter();
        return Safetensors.Read(path, only: name).TryGetValue(name, out var value) ? value.to(DType.Float64).ToArray<double>() : null;
    }

    /// <summary>Images N x C x H x W in [0,1] as the network sees them, and labels N of the data set.</summary>
    public (Tensor X, Tensor Y) Read(long[] indices)
    {
        var (x, y) = _split.Batch(indices);
        return (CentreCrop.Apply(x, _model.Manifest.Data.Crop), y);
    }

    public void Dispose()
    {
        _split.Dispose();
        _dataset.Dispose();
        _model.Dispose();
    }

    /// <summary>Indices of the images that may be taken, ascending: those of the group, or all.</summary>
    private long[] Chosen(SubjectRequest request)
    {
        if (request.Group is not { } name) return Range(0, _split.Count);
        var groups = _dataset.Manifest.Groups ?? [];
        if (groups.Count == 0 || request.Split != Split.Test)
            throw new JobFailure(FailureCode.BadRecipe, $"group: the {Word(request.Split)} split of '{_dataset.Manifest.Id}' has no groups; leave it out");
        return _dataset.Manifest.GroupsNamed(name) is { Count: > 0 } meant ? [.. meant.SelectMany(g => Range(g.First, g.Count))] : throw new JobFailure(FailureCode.BadRecipe,
            $"group: '{_dataset.Manifest.Id}' has no group '{name}'; it has {string.Join(", ", groups.Select(g => g.Name))}");

        static long[] Range(int first, int count) => [.. Enumerable.Range(first, count).Select(k => (long)k)];
    }

    /// <summary>Those that are taken, ascending; a subset is drawn by the seed.</summary>
    private long[] Subset(long[] chosen)
    {
        if (Count == chosen.Length) return chosen;
        using var scope = Scope.Enter();
        return [.. Rng.Permutation("subset", chosen.Length, 0).ToArray<long>().Take(Count).Select(k => chosen[k]).Order()];
    }

    private static TrainedModel Open(string checkpoint, Device device)
    {
        try
        {
            return TrainedModel.Open(checkpoint, device);
        }
        catch (InvalidDataException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"checkpoint: {e.Message}", "Choose another checkpoint of the run.", e);
        }
    }

    private static void Demand(CheckpointManifest model, DatasetManifest data, Split split)
    {
        if (model.Shape.Channels != data.Shape.Channels) throw new JobFailure(FailureCode.BadRecipe,
            $"data: '{data.Id}' has {data.Shape.Channels} channels; the network was trained for {model.Shape.Channels}.");
        if (data.Of(split).Count == 0) throw new JobFailure(FailureCode.BadRecipe, $"split: '{data.Id}' has no {Word(split)}ing images; write \"test\".");
        if (CentreCrop.Misfit(model.Data.Crop, data.Shape, $"'{data.Id}'") is { } misfit) throw new JobFailure(FailureCode.BadRecipe,
            $"data: the network's side of {misfit}.", "Import the data set with a larger size.");
    }

    private static string Word(Split split) => split.ToString().ToLowerInvariant();
}

using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Random;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>The training split of a run: which images are trained on, which are held out for the probe, in what order they come.</summary>
public sealed class TrainingData : IDisposable
{
    /// <summary>At most one in so many training images is held out.</summary>
    private const int HeldOutShare = 5;

    private readonly PackedDataset _dataset;
    private readonly TensorSplit _split;
    private readonly long[] _trained;
    private readonly int? _crop;

    /// <param name="dataset">Owned from now on.</param>
    /// <param name="recipe">Its data, training and probe sections count.</param>
    /// <param name="device">Where batches go.</param>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: no images, fewer than a batch, or a crop larger than they are.</exception>
    public TrainingData(PackedDataset dataset, Recipe recipe, Device device)
    {
        (_dataset, _crop) = (dataset, recipe.Data.Crop);
        if (Manifest.TestOnly) throw new JobFailure(FailureCode.BadRecipe,
            $"data.id: '{Manifest.Id}' has no training images.", "Train on another data set; this one is for evaluations alone.");
        if (CentreCrop.Misfit(_crop, Manifest.Shape, $"'{Manifest.Id}'") is { } misfit) throw new JobFailure(FailureCode.BadRecipe,
            $"data.crop: {misfit}.", "Write less, leave it out, or import the data set with a larger size.");
        _split = new TensorSplit(dataset.Train, device, recipe.Data.TrainLimit);
        BatchSize = recipe.Training.BatchSize;
        var held = recipe.Probe.Every == 0 ? 0 : Math.Min(recipe.Probe.Samples, _split.Count / HeldOutShare);
        // One shuffle for all runs, whatever their seed: they hold out the same images and so can be compared.
        var shuffled = Shuffled(new Rng(0), "held-out", _split.Count, 0);
        HeldOut = [.. shuffled[..held].Order()];
        _trained = [.. shuffled[held..].Order()];
        if (Batches == 0) throw new JobFailure(FailureCode.BadRecipe,
            $"training.batchSize: {BatchSize} exceeds the {_trained.Length} images that are trained on.", $"Write {_trained.Length} or less.");
    }

    public DatasetManifest Manifest => _dataset.Manifest;

    /// <summary>What the network sees.</summary>
    public ImageShape Shape => _crop is { } side ? Manifest.Shape with { Height = side, Width = side } : Manifest.Shape;

    public int BatchSize { get; }

    /// <summary>Whole batches of an epoch.</summary>
    public int Batches => _trained.Length / BatchSize;

    /// <summary>Indices of the probed images, ascending.</summary>
    public long[] HeldOut { get; }

    /// <summary>The order of the trained images in an epoch.</summary>
    public long[] Order(Rng rng, int epoch) => [.. Shuffled(rng, "order", _trained.Length, epoch).Select(k => _trained[k])];

    /// <summary>Images N x C x H x W in [0,1] and labels N, as they are stored.</summary>
    public (Tensor X, Tensor Y) Read(ReadOnlySpan<long> indices) => _split.Batch(indices);

    /// <summary>The same as the network sees them outside of training.</summary>
    public (Tensor X, Tensor Y) Seen(ReadOnlySpan<long> indices)
    {
        var (x, y) = Read(indices);
        return (CentreCrop.Apply(x, _crop), y);
    }

    public void Dispose()
    {
        _split.Dispose();
        _dataset.Dispose();
    }

    private static long[] Shuffled(Rng rng, string stream, int count, long step)
    {
        using var scope = Scope.Enter();
        return rng.Permutation(stream, count, step).ToArray<long>();
    }
}

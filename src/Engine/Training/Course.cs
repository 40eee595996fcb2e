using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>Everything a recipe calls for, built and ready to train.</summary>
public sealed class Course : IDisposable
{
    /// <summary>Builds network, method and optimiser, and draws the first weights.</summary>
    /// <param name="recipe">Checked.</param>
    /// <param name="dataset">Owned from now on.</param>
    /// <param name="device">Where to train.</param>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: the recipe does not fit the data set.</exception>
    public Course(Recipe recipe, PackedDataset dataset, Device device)
    {
        (Recipe, RecipeHash, Device, Rng) = (recipe, RecipeJson.Hash(recipe), device, new Rng((ulong)recipe.Seed));
        Data = new TrainingData(dataset, recipe, device);
        var manifest = dataset.Manifest;
        Network = Fitting("model", () => recipe.Model.Build(recipe.Method.Fit(new NetShape(manifest.Shape.Channels, manifest.Classes.Count,
            recipe.Model.Normalize ? manifest.Mean : null, recipe.Model.Normalize ? manifest.Std : null))));
        Network.Initialise(Rng);
        Network.To(device, channelsLast: recipe.Training.ChannelsLast);
        Method = Fitting("method", () => recipe.Method.Build(Network, [Data.BatchSize, Data.Shape.Channels, Data.Shape.Height, Data.Shape.Width]));
        Method.Initialise(Rng);
        Optimizer = recipe.Optimizer.Build(Method.Optimised(Network));
        if (recipe.Training.AverageDecay is { } decay) Averages = new Averages(Network, decay);
        if (Method.Guarded) Rewind = new Rewind(Network, Averages);
        Probe = new Probe(recipe.Probe, Data);
    }

    public Recipe Recipe { get; }

    public string RecipeHash { get; }

    public Device Device { get; }

    public Rng Rng { get; }

    public TrainingData Data { get; }

    public Network Network { get; }

    public Method Method { get; }

    public Optimizer Optimizer { get; }

    public Averages? Averages { get; }

    /// <summary>There for methods that may break down.</summary>
    public Rewind? Rewind { get; }

    public Probe Probe { get; }

    public int Epochs => Recipe.Training.Epochs;

    /// <summary>Optimiser steps of an epoch.</summary>
    public long StepsPerEpoch => (long)Data.Batches * Method.UpdatesPerBatch;

    /// <summary>The learning rate of a step, counted from 0.</summary>
    public double Lr(long step) => Recipe.Optimizer.Lr * Recipe.Schedule.Factor(new Place(step, StepsPerEpoch, Epochs));

    /// <summary>The next batch, augmented, with its chance.</summary>
    /// <param name="order">This epoch's order.</param>
    /// <param name="position">Where the run stands.</param>
    /// <param name="control">Told of each attack step.</param>
    /// <param name="mixed">Mix the images where the recipe says so; a guard looks at images as they are.</param>
    public Lesson Lesson(long[] order, Position position, Control control, bool mixed = true)
    {
        var indices = order.AsSpan(position.Batch * Data.BatchSize, Data.BatchSize);
        var (x, y) = Data.Read(indices);
        var samples = Tensor.From<long>(indices, indices.Length).to(Device);
        x = AugmentationOptions.ApplyAll(Recipe.Data.Augment, x, Rng.Draw(AugmentationPreview.Stream, samples, position.Epoch), Recipe.Data.Crop);
        Mixture? mixture = null;
        if (mixed && Recipe.Training.Mixup is { } alpha) (x, mixture) = Mixup.Apply(x, y, alpha, Rng.Draw("mixup", samples, position.Step));
        return new Lesson
        {
            X = Recipe.Training.ChannelsLast ? x.contiguous(MemoryFormat.ChannelsLast) : x,
            Y = y,
            Draws = Rng.Draw("method", samples, position.Step),
            Network = Network,
            Optimizer = Optimizer,
            Lr = update => Lr(position.Step + update),
            Epoch = position.Epoch,
            Epochs = Epochs,
            Observer = new StepRelay(control),
            ClipNorm = Recipe.Training.ClipNorm,
            LabelSmoothing = Recipe.Training.LabelSmoothing,
            Mixture = mixture,
            Counting = true,
            Autocast = Recipe.Training.Precision == Precision.Bf16 ? DType.BFloat16 : null,
        };
    }

    /// <summary>The probe, on the averaged network where there is one.</summary>
    public ProbeResult Probed(Control control, TimeProvider time) => Averages is { } averages
        ? averages.During(() => Probe.Run(Network, control, time)) : Probe.Run(Network, control, time);

    // What no check of single fields can see, such as a stage that this network does not have.
    private static T Fitting<T>(string section, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (ArgumentException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"{section}: {e.Message}", null, e);
        }
    }

    public void Dispose()
    {
        Rewind?.Dispose();
        Averages?.Dispose();
        Optimizer.Dispose();
        Method.Dispose();
        Network.Dispose();
        Data.Dispose();
    }
}

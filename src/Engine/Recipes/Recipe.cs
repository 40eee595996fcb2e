using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Training;

namespace WebLab.Engine.Recipes;

/// <summary>The whole truth of a training run.</summary>
public sealed record Recipe : Options
{
    [Range(1, 1), Advanced, Description("Version of the recipe format.")]
    public int Version { get; init; } = 1;

    [Description("A name for people; not part of the hash.")]
    public string? Name { get; init; }

    [Description("What the recipe is for; not part of the hash.")]
    public string? Notes { get; init; }

    // Left out where absent: recipes from before there were figures are written as they were.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("Published figures for these settings; not part of the hash.")]
    public IReadOnlyList<QuotedFigure>? Quoted { get; init; }

    [Description("What is trained on.")]
    public required DataSection Data { get; init; }

    [Description("The network.")]
    public required ArchitectureOptions Model { get; init; }

    [Description("How a batch becomes a loss.")]
    public required MethodOptions Method { get; init; }

    [Description("How gradients become steps.")]
    public required OptimizerOptions Optimizer { get; init; }

    [Description("How the learning rate moves over the run.")]
    public required ScheduleOptions Schedule { get; init; }

    [Description("Length, batch and precision.")]
    public TrainingSection Training { get; init; } = new();

    [Description("The small evaluation inside training, on held-out images.")]
    public ProbeSection Probe { get; init; } = new();

    [Description("auto, cpu, cuda or cuda:N. 'auto' takes the first GPU if there is one.")]
    [RegularExpression("auto|cpu|cuda(:[0-9]+)?")]
    public string Device { get; init; } = "auto";

    [Range(0, int.MaxValue), Description("Seed of every draw of the run.")]
    public int Seed { get; init; }

    public override IEnumerable<Finding> Check() =>
        Method.Misfits(Model, Training.Epochs).Select(f => f with { Path = $"method.{f.Path}" }).Concat(Labels());

    private IEnumerable<Finding> Labels()
    {
        var taken = Method.TakesLabels();
        if (Training.LabelSmoothing > 0 && taken < Softness.Smoothed) yield return Refused("labelSmoothing", "smoothed labels", Softness.Smoothed);
        if (Training.Mixup is not null && taken < Softness.Mixed) yield return Refused("mixup", "mixed images and labels", Softness.Mixed);
    }

    private Finding Refused(string field, string what, Softness wanted) => new($"training.{field}",
        $"'{Kinds.Methods.KindOf(Method)}' with these options takes no {what}; leave it out, or choose one of "
        + string.Join(", ", Kinds.Methods.Entries.Where(e => ((MethodOptions)e.Default()).TakesLabels() >= wanted).Select(e => e.Kind)));
}

/// <summary>Which images a run sees and how they are varied.</summary>
public sealed record DataSection : Options
{
    [Description("Data set, by its id.")]
    public required string Id { get; init; }

    [Advanced, Description("Version (a hash) of the data set; absent: the newest when the run is queued.")]
    public string? Version { get; init; }

    [Range(1, int.MaxValue), Unit("images"), Description("Use only the first images of the training split.")]
    public int? TrainLimit { get; init; }

    [Range(1, int.MaxValue), Unit("images"), Description("Use only the first images of the test split.")]
    public int? TestLimit { get; init; }

    // Left out where absent: recipes from before there was a crop keep their hash, and their runs can be resumed.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Range(8, 1024), Unit("pixels"), Advanced, Description("Side of the square that the network sees, where less than is stored: the middle in probes, evaluations and the lab; in training what random-resized-crop cuts, else the middle. Absent: the whole image. 224 of 256 is usual for ImageNet.")]
    public int? Crop { get; init; }

    [Description("Variations drawn anew for every image and epoch, in this order.")]
    public IReadOnlyList<AugmentationOptions> Augment { get; init; } = [];
}

/// <summary>Numeric format of forward and backward passes.</summary>
public enum Precision
{
    Fp32,
    Bf16,
}

/// <summary>Length, batch and precision of a run.</summary>
public sealed record TrainingSection : Options
{
    [Range(1, 10_000), Unit("epochs"), Description("Passes over the training images.")]
    public int Epochs { get; init; } = 30;

    [Range(1, 65_536), Unit("images"), Description("Images per optimiser step; an incomplete last batch is dropped.")]
    public int BatchSize { get; init; } = 128;

    [Description("fp32, or bf16 autocast (GPU, or a CPU with AVX512-BF16).")]
    public Precision Precision { get; init; } = Precision.Fp32;

    [Advanced, Description("Keep images in channels-last memory order; faster convolutions, same results up to rounding.")]
    public bool ChannelsLast { get; init; } = true;

    [Range(1e-6, 1e6), Advanced, Description("Clip the gradient to this global L2 norm; absent: no clipping.")]
    public double? ClipNorm { get; init; }

    [Range(0.0, 0.999999), Advanced, Description("Decay per step of an exponential average of weights and batch-norm statistics, used by the probe and saved beside the weights; absent: none.")]
    public double? AverageDecay { get; init; }

    [Range(0.0, 0.9), Advanced, Description("Probability that training labels give away in equal parts to every class; 0.1 for EfficientNet. Attacks keep the plain labels.")]
    public double LabelSmoothing { get; init; }

    [Range(1e-3, 2.0), Advanced, Description("Mixup: images and labels of a batch are mixed in pairs by a share from Beta(a, a) with this a, such as 0.2; absent: not mixed. Attacks climb away from the label of the larger share.")]
    public double? Mixup { get; init; }

    [Range(1, 10_000), Advanced, Unit("epochs"), Description("Epochs between checkpoints.")]
    public int CheckpointEvery { get; init; } = 1;

    [Range(1, 100_000), Advanced, Unit("steps"), Description("Steps between metric points.")]
    public int LogEvery { get; init; } = 10;
}

/// <summary>The evaluation after each epoch, on images held out of training.</summary>
public sealed record ProbeSection : Options
{
    [Range(0, 10_000), Unit("epochs"), Description("Epochs between probes; 0: none.")]
    public int Every { get; init; } = 1;

    [Range(1, 100_000), Unit("images"), Description("Images of the training split that are held out and probed (at most a fifth of the split).")]
    public int Samples { get; init; } = 256;

    [Description("Attack of the probe; absent: PGD-10 at 8/255.")]
    public AttackOptions? Attack { get; init; }
}

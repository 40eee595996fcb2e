using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Which row of its head's weights W (classes x C) an attribution point multiplies the channels of a sample with.</summary>
public abstract record Masking
{
    /// <summary>W[argmax z]: the row of the class that the point's own head predicts; inference and attacks.</summary>
    public static readonly Masking Predicted = new OfPrediction();

    /// <summary>sum over k of softmax(z)_k W[k]: a smooth stand-in for the prediction, for attacks that want its gradient.</summary>
    public static readonly Masking Soft = new OfBelief();

    private Masking()
    {
    }

    /// <summary>W[k] for given classes, N int64.</summary>
    public static Masking Of(Tensor classes) => new Given(classes);

    /// <summary>The row of the prediction.</summary>
    public sealed record OfPrediction : Masking;

    /// <summary>The mean row under the prediction's probabilities.</summary>
    public sealed record OfBelief : Masking;

    /// <summary>The rows of given classes.</summary>
    /// <param name="Classes">N int64.</param>
    public sealed record Given(Tensor Classes) : Masking;

    /// <summary>alpha W[y] + (1 - alpha) W[y'] by the labels of the pass: the only masking of training passes.</summary>
    /// <param name="Alpha">Weight of the true class, in [0,1]; 1 needs no y'.</param>
    /// <param name="Fuse">Mix the statistics of the first point's map with those of another sample's.</param>
    /// <param name="Second">How y' is chosen.</param>
    public sealed record Labelled(double Alpha, bool Fuse = false, SecondClass Second = SecondClass.Permutation) : Masking
    {
        /// <summary>Whose statistics are mixed in.</summary>
        public FusionPartner Partner { get; init; } = FusionPartner.SecondClass;

        /// <summary>The first point's map of the clean images, N x C x H x W, for <see cref="FusionPartner.Clean"/>.</summary>
        public Tensor? CleanMap { get; init; }
    }
}

/// <summary>The class y' whose row is mixed in beside the true one.</summary>
public enum SecondClass
{
    /// <summary>The labels of the batch, permuted; may equal y.</summary>
    Permutation,

    /// <summary>The class other than y with the largest logit of the point's head.</summary>
    RunnerUp,
}

/// <summary>Whose feature statistics fusion mixes into a sample's map.</summary>
public enum FusionPartner
{
    /// <summary>The sample whose label is y' under a permuted batch: one permutation for both.</summary>
    SecondClass,

    /// <summary>A sample of the batch by a permutation of its own.</summary>
    Other,

    /// <summary>The same sample before it was attacked.</summary>
    Clean,
}

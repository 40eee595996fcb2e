namespace WebLab.Engine.Torch;

/// <summary>How a loss per sample is reduced, with libtorch's numbers.</summary>
public enum Reduction
{
    None = 0, Mean = 1, Sum = 2,
}

/// <summary>Operators of networks, losses and image geometry. Images are N x C x H x W.</summary>
public static partial class Ops
{
    public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) => Call("linear", input, weight, bias);

    public static Tensor conv2d(
        Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0, long dilation = 1, long groups = 1) =>
        Call("conv2d", input, weight, bias, stride, padding, dilation, groups);

    public static Tensor conv2d(
        Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding, long[] dilation, long groups = 1) =>
        Call("conv2d", input, weight, bias, stride, padding, dilation, groups);

    public static Tensor conv_transpose2d(Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0) =>
        Call("conv_transpose2d.input", input, weight, bias, stride, padding);

    /// <summary>With <paramref name="training"/>, batch statistics are used, and running ones (when given) move by <paramref name="momentum"/>.</summary>
    public static Tensor batch_norm(
        Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var,
        bool training, double momentum = 0.1, double eps = 1e-5) =>
        Call("batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps, true);

    /// <summary>Also returns the mean and 1 / sqrt(var + eps) that were used (empty when not training).</summary>
    public static (Tensor output, Tensor mean, Tensor invstd) native_batch_norm(
        Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var,
        bool training, double momentum = 0.1, double eps = 1e-5)
    {
        var all = CallMany("native_batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps);
        return (all[0], all[1], all[2]);
    }

    public static Tensor group_norm(Tensor input, long groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
        Call("group_norm", input, groups, weight, bias, eps);

    public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
        Call("layer_norm", input, normalized_shape, weight, bias, eps);

    public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0) =>
        Call("max_pool2d", input, kernel_size, stride ?? kernel_size, padding);

    public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0) =>
        Call("avg_pool2d", input, kernel_size, stride ?? kernel_size, padding);

    public static Tensor adaptive_avg_pool2d(Tensor input, long height, long width) =>
        Call("adaptive_avg_pool2d", input, new[] { height, width });

    public static Tensor relu(Tensor input) => input.relu();

    public static Tensor silu(Tensor input) => input.silu();

    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    public static Tensor softmax(Tensor input, long dim) => input.softmax(dim);

    public static Tensor log_softmax(Tensor input, long dim) => input.log_softmax(dim);

    /// <param name="input">N x K logits.</param>
    /// <param name="target">N int64 classes, or N x K probabilities.</param>
    /// <param name="weight">K, or null.</param>
    /// <param name="reduction">None gives N losses.</param>
    /// <param name="ignore_index">A class that counts for nothing.</param>
    /// <param name="label_smoothing">In [0, 1].</param>
    public static Tensor cross_entropy_loss(
        Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean,
        long ignore_index = -100, double label_smoothing = 0) =>
        Call("cross_entropy_loss", input, target, weight, (long)reduction, ignore_index, label_smoothing);

    /// <param name="input">N x K log-probabilities.</param>
    /// <param name="target">N int64.</param>
    /// <param name="weight">K, or null.</param>
    /// <param name="reduction">None gives N losses.</param>
    public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
        Call("nll_loss", input, target, weight, (long)reduction);

    /// <summary>Per element target (log target - input); input holds log-probabilities.</summary>
    public static Tensor kl_div(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, bool log_target = false) =>
        Call("kl_div", input, target, (long)reduction, log_target);

    public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
        Call("mse_loss", input, target, (long)reduction);

    public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1) =>
        Call("smooth_l1_loss", input, target, (long)reduction, beta);

    public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
        Call("binary_cross_entropy", input, target, weight, (long)reduction);

    public static Tensor binary_cross_entropy_with_logits(
        Tensor input, Tensor target, Tensor? weight = null, Tensor? pos_weight = null, Reduction reduction = Reduction.Mean) =>
        Call("binary_cross_entropy_with_logits", input, target, weight, pos_weight, (long)reduction);

    public static Tensor cosine_similarity(Tensor a, Tensor b, long dim = 1, double eps = 1e-8) =>
        Call("cosine_similarity", a, b, dim, eps);

    public static Tensor one_hot(Tensor input, long num_classes) => input.one_hot(num_classes);

    /// <param name="input">Any shape.</param>
    /// <param name="pad">Left, right, top, bottom, ...: the last dimension first.</param>
    /// <param name="value">What is put there.</param>
    public static Tensor constant_pad_nd(Tensor input, long[] pad, Scalar? value = null) => Call("constant_pad_nd", input, pad, value ?? 0);

    /// <param name="input">N x C x H x W.</param>
    /// <param name="pad">Left, right, top, bottom.</param>
    public static Tensor reflection_pad2d(Tensor input, long[] pad) => Call("reflection_pad2d", input, pad);

    /// <param name="input">N x C x H x W.</param>
    /// <param name="pad">Left, right, top, bottom.</param>
    public static Tensor replication_pad2d(Tensor input, long[] pad) => Call("replication_pad2d", input, pad);

    public static Tensor upsample_bilinear2d(Tensor input, long height, long width, bool align_corners = false) =>
        Call("upsample_bilinear2d", input, new[] { height, width }, align_corners);

    public static Tensor upsample_nearest2d(Tensor input, long height, long width) =>
        Call("upsample_nearest2d", input, new[] { height, width });

    /// <param name="input">N x C x H x W.</param>
    /// <param name="grid">N x h x w x 2, in [-1, 1], x before y.</param>
    /// <param name="interpolation_mode">0 bilinear, 1 nearest, 2 bicubic.</param>
    /// <param name="padding_mode">0 zeros, 1 border, 2 reflection.</param>
    /// <param name="align_corners">Whether -1 and 1 are the centres of the corner pixels.</param>
    public static Tensor grid_sampler(
        Tensor input, Tensor grid, int interpolation_mode = 0, int padding_mode = 0, bool align_corners = false) =>
        Call("grid_sampler", input, grid, interpolation_mode, padding_mode, align_corners);

    /// <param name="theta">N x 2 x 3.</param>
    /// <param name="size">N, C, H, W of the image to be sampled.</param>
    /// <param name="align_corners">As in <see cref="grid_sampler"/>.</param>
    public static Tensor affine_grid_generator(Tensor theta, long[] size, bool align_corners = false) =>
        Call("affine_grid_generator", theta, size, align_corners);
}

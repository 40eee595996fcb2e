using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Losses per sample that an attacker maximises (specified signs). z: logits N x K; y, t: N int64; results: N.
/// The true class is masked with minus infinity, never by multiplying with a one-hot vector, so that adding a constant to all logits
/// changes nothing.
/// </summary>
public static class Losses
{
    /// <summary>log sum exp(z) - z_y.</summary>
    public static Tensor CrossEntropy(Tensor z, Tensor y) => z.logsumexp(1).sub(Pick(z, y));

    /// <summary>Cross-entropy to the label with probability <paramref name="top"/>, the others sharing the rest equally.</summary>
    public static Tensor SmoothCrossEntropy(Tensor z, Tensor y, double top)
    {
        var (logP, others) = (z.log_softmax(1), z.shape[1] - 1);
        var own = Pick(logP, y);
        return (own * -top) - ((logP.sum(1) - own) * ((1 - top) / others));
    }

    /// <summary>max over j != y of z_j, minus z_y: positive exactly when misclassified (Carlini and Wagner 2017).</summary>
    public static Tensor Margin(Tensor z, Tensor y) => BestOther(z, y).sub(Pick(z, y));

    /// <summary>-max(z_y - max over others + kappa, 0) (Madry et al. 2018 use kappa = 50).</summary>
    public static Tensor Hinge(Tensor z, Tensor y, double kappa) => Margin(z, y).neg().add(kappa).relu().neg();

    /// <summary>-(z_y - max over others) / (z_1 - z_3 + 1e-12), logits sorted downwards; K >= 3 (Croce and Hein 2020).</summary>
    public static Tensor Dlr(Tensor z, Tensor y)
    {
        NeedClasses(z, 3, "dlr");
        var top = z.topk(3).values;
        return Margin(z, y).div(top.select(1, 0).sub(top.select(1, 2)).add(1e-12));
    }

    /// <summary>-(z_y - z_t) / (z_1 - (z_3 + z_4)/2 + 1e-12); K >= 4 (Croce and Hein 2020).</summary>
    public static Tensor DlrTargeted(Tensor z, Tensor y, Tensor t)
    {
        NeedClasses(z, 4, "targeted dlr");
        var top = z.topk(4).values;
        var scale = top.select(1, 0).sub(top.select(1, 2).add(top.select(1, 3)).mul(0.5)).add(1e-12);
        return Pick(z, t).sub(Pick(z, y)).div(scale);
    }

    /// <summary>KL(p || softmax z) with p a fixed prediction, given as its log (N x K) (Zhang et al. 2019).</summary>
    public static Tensor Kl(Tensor z, Tensor logP) => logP.exp().mul(logP.sub(z.log_softmax(1))).sum(1);

    /// <summary>The logit of a class per sample.</summary>
    public static Tensor Pick(Tensor z, Tensor y) => z.gather(1, y.unsqueeze(1)).squeeze(1);

    /// <summary>The largest logit of a class other than y.</summary>
    public static Tensor BestOther(Tensor z, Tensor y) => z.scatter(1, y.unsqueeze(1), double.NegativeInfinity).amax(1);

    private static void NeedClasses(Tensor z, int wanted, string loss)
    {
        if (z.shape[1] < wanted) throw new ArgumentException($"the {loss} loss needs {wanted} classes; the network has {z.shape[1]}");
    }
}

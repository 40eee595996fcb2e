using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>A network as an attack sees it: logits (N x K) of images (N x C x H x W in [0,1]), by one fixed pass.</summary>
public sealed class Victim(Func<Tensor, Tensor> logits)
{
    /// <summary>A network run with running statistics through the main bank, or by the given pass.</summary>
    public Victim(Network network, Pass? pass = null)
        : this(x => network.Forward(x, pass ?? Pass.Eval))
    {
    }

    public Tensor Logits(Tensor x) => logits(x);
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Methods;

/// <summary>The loss of a method that changes how another one trains.</summary>
public enum InnerLoss
{
    /// <summary>Cross-entropy on attacked images.</summary>
    Ce,

    /// <summary>The loss of TRADES.</summary>
    Trades,

    /// <summary>The loss of MART.</summary>
    Mart,
}

internal static class InnerLosses
{
    /// <summary>The method that has the loss.</summary>
    /// <param name="loss">Which.</param>
    /// <param name="options">Its attack.</param>
    /// <param name="beta">Weight of the change of the prediction (trades, mart).</param>
    public static AdversarialMethod Of(this InnerLoss loss, AdversarialOptions options, double beta) => loss switch
    {
        InnerLoss.Trades => new Trades(options, beta),
        InnerLoss.Mart => new Mart(options, beta),
        _ => new PgdAt(options),
    };

    /// <summary>What a step takes for one image.</summary>
    /// <param name="loss">TRADES and MART pass the clean images too, TRADES also before its attack.</param>
    /// <param name="attack">Crafts the images.</param>
    /// <param name="perturbed">The loss is computed once more, to perturb the weights.</param>
    public static Effort Effort(this InnerLoss loss, AttackOptions attack, bool perturbed = false) =>
        attack.Effort() + new Effort(Look: loss == InnerLoss.Trades ? 1 : 0, Learn: (loss == InnerLoss.Ce ? 1 : 2) * (perturbed ? 2 : 1));

    /// <summary>TRADES with an attack that starts at the image, or anywhere.</summary>
    public static IEnumerable<Finding> Doubts(this InnerLoss loss, AttackOptions attack)
    {
        if (loss == InnerLoss.Trades && attack is PgdOptions { Start: not Start.Gauss })
            yield return new("attack.start", "TRADES needs a start beside the image: at the image itself its loss has no gradient; write \"gauss\"");
    }
}

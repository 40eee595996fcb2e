using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>A method whose step is: craft adversarial images, then lower a loss on them.</summary>
public abstract class CraftingMethod : Method
{
    /// <summary>Adversarial images, N x C x H x W.</summary>
    public abstract Tensor Craft(Lesson lesson);

    /// <summary>The scalar loss, by training passes.</summary>
    /// <param name="lesson">The batch.</param>
    /// <param name="adversarial">From <see cref="Craft"/>.</param>
    /// <param name="pass">How the network is run.</param>
    public abstract Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass);

    protected override Tensor Loss(Lesson lesson) => LossOn(lesson, Craft(lesson), lesson.TrainingPass);
}

/// <summary>A crafting method that leaves the search to the attack of its options.</summary>
public abstract class AdversarialMethod(AdversarialOptions options) : CraftingMethod
{
    protected Attack Attack { get; } = options.Attack.Build();

    public override Tensor Craft(Lesson lesson) => lesson.Craft(Attack, Aim(lesson), options.AttackPass());

    /// <summary>What an attack on the batch climbs: by default the cross-entropy.</summary>
    public virtual Goal Aim(Lesson lesson) => new Untargeted(lesson.Y, Losses.CrossEntropy);
}

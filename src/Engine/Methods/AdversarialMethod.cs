using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>A method whose step is: craft adversarial images, then lower a loss on them.</summary>
public abstract class AdversarialMethod(AdversarialOptions options) : Method
{
    protected Attack Attack { get; } = options.Attack.Build();

    /// <summary>Adversarial images, N x C x H x W: by default those that raise the cross-entropy.</summary>
    public virtual Tensor Craft(Lesson lesson) =>
        lesson.Craft(Attack, new Untargeted(lesson.Y, Losses.CrossEntropy), options.AttackPass());

    /// <summary>The scalar loss, by training passes.</summary>
    /// <param name="lesson">The batch.</param>
    /// <param name="adversarial">From <see cref="Craft"/>.</param>
    /// <param name="pass">How the network is run.</param>
    public abstract Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass);

    protected override Tensor Loss(Lesson lesson) => LossOn(lesson, Craft(lesson), lesson.TrainingPass);
}

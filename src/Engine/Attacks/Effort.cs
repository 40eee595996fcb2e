namespace WebLab.Engine.Attacks;

/// <summary>
/// What is computed for one image, in passes of the whole network; a part of the network counts as its share. Networks beside the one
/// that is trained are left out.
/// </summary>
/// <param name="Look">Forward passes alone.</param>
/// <param name="Climb">Forward passes with the backward pass to the image or to a feature map, as every step of a gradient attack takes.</param>
/// <param name="Learn">Forward passes with the backward pass to the weights.</param>
public readonly record struct Effort(double Look = 0, double Climb = 0, double Learn = 0)
{
    public double Forward => Look + Climb + Learn;

    public double Backward => Climb + Learn;

    /// <summary>
    /// Multiples of a standard training step: forward, backward to activations and backward to weights cost a third each (Xie et al. 2020
    /// count an attack step as a whole).
    /// </summary>
    public double Cost => (Look / 3) + (Climb * 2 / 3) + Learn;

    public static Effort operator +(Effort a, Effort b) => new(a.Look + b.Look, a.Climb + b.Climb, a.Learn + b.Learn);

    public static Effort operator *(Effort a, double times) => new(a.Look * times, a.Climb * times, a.Learn * times);
}

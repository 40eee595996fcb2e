using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// What is worth knowing of networks with more than a main head and one batch norm; plain networks have nothing to tell. Rates in [0,1]:
/// <c>diagnostic.headAgreement</c> and <c>...Attacked</c>: main and last helper head name the same class;
/// <c>diagnostic.auxAccuracy</c>: the last helper head is right on clean images;
/// <c>diagnostic.maskSwap</c>: the main head answers the class of a wrong mask that it is given, so that it can be led by the mask alone;
/// <c>diagnostic.bankWeight</c> and <c>...Attacked</c>: mean weight of the adversarial bank.
/// </summary>
public sealed class Diagnostics(Network network)
{
    private readonly Dictionary<string, double> _sums = [];
    private long _seen;

    /// <summary>Means over everything looked at.</summary>
    public IReadOnlyDictionary<string, double> Values => _sums.ToDictionary(s => s.Key, s => s.Value / _seen);

    /// <param name="x">Clean images, N x C x H x W in [0,1].</param>
    /// <param name="attacked">The same images attacked.</param>
    /// <param name="y">Labels, N int64.</param>
    /// <param name="draws">Chance of the wrong masks, keyed by the samples.</param>
    public void Look(Tensor x, Tensor attacked, Tensor y, Draws draws)
    {
        if (network.Shape is { Heads: null, Generators: null }) return;
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        _seen += y.shape[0];
        var (clean, after) = (new Asides(), new Asides());
        var (answers, answersAfter) = (Answers(x, clean), Answers(attacked, after));
        if (network.Shape.Heads is { } heads)
        {
            var helper = clean.Of($"aux.{heads - 1}")[0].argmax(1);
            Add("headAgreement", helper.eq(answers));
            Add("headAgreementAttacked", after.Of($"aux.{heads - 1}")[0].argmax(1).eq(answersAfter));
            Add("auxAccuracy", helper.eq(y));
            var classes = network.Shape.Classes;
            var wrong = (answers + 1 + draws.Integers("mask", 0, classes - 1)).remainder(classes);
            Add("maskSwap", network.Forward(x, Pass.Eval with { Masking = Masking.Of(wrong) }).argmax(1).eq(wrong));
        }

        if (network.Shape.Generators != true) return;
        Add("bankWeight", Ops.stack(clean.Of("lambda.")).mean([0]));
        Add("bankWeightAttacked", Ops.stack(after.Of("lambda.")).mean([0]));
    }

    private Tensor Answers(Tensor x, Asides asides) => network.Forward(x, Pass.Eval with { Asides = asides }).argmax(1);

    private void Add(string name, Tensor each) => _sums[$"diagnostic.{name}"] = _sums.GetValueOrDefault($"diagnostic.{name}") + each.sum().item<double>();
}

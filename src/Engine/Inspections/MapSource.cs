using WebLab.Engine.Evaluations;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>Where in an image a head finds its evidence for a class.</summary>
/// <param name="Name"><c>main</c>, or <c>helper K</c>.</param>
/// <param name="Method"><c>class map</c>, or <c>input gradient</c> where the head is no linear map of a pooled feature map.</param>
/// <param name="Draw">Maps N x h x w, signed, of images x for classes (N int64) as the network runs in inference.</param>
public sealed record MapSource(string Name, string Method, Func<Tensor, Tensor, Tensor> Draw)
{
    // The identity mean(map) + bias = logit decides whether a class map is one; float32 sums differ by less.
    private const double Tolerance = 1e-3;

    /// <summary>The sources of a network, the main head first. A masked network's main map is drawn behind its mask.</summary>
    /// <param name="network">Looked at.</param>
    /// <param name="x">A few images to try it on.</param>
    public static IReadOnlyList<MapSource> Of(Network network, Tensor x)
    {
        List<MapSource> sources = [Linear(network, x) ?? new("main", "input gradient", (images, classes) => Gradient(network, images, classes))];
        for (var k = 0; k < (network.Shape.Heads ?? 0); k++)
        {
            var (index, weight) = (k, network.Tensors()[$"aux.{k}.weight"]);
            sources.Add(new($"helper {k + 1}", "class map", (images, classes) => ClassMaps.Of(Told(network, images).Of($"map.{index}")[0], weight, classes)));
        }

        return sources;
    }

    private static MapSource? Linear(Network network, Tensor x)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var head = network.Parameters.LastOrDefault(p => IsHead(p.Name) && p.Slot.Shape.Count == 2 && p.Slot.Shape[0] == network.Shape.Classes);
        var asides = new Asides { Features = true };
        var logits = network.Forward(x, Pass.Eval with { Asides = asides });
        if (head.Name is null || asides.Of("pooled") is not [var a] || a.shape[1] != head.Slot.Shape[1]) return null;
        var (weight, bias, classes) = (head.Slot.Value, network.Tensors()[head.Name[..^"weight".Length] + "bias"], logits.argmax(1));
        var rebuilt = ClassMaps.Of(a, weight, classes).mean([1, 2]) + bias.index_select(0, classes);
        var error = (rebuilt - logits.amax(1)).abs() / (logits.amax(1).abs() + 1);
        return error.max().item<double>() > Tolerance ? null
            : new("main", "class map", (images, k) => ClassMaps.Of(Told(network, images).Of("pooled")[0], head.Slot.Value, k));
    }

    private static bool IsHead(string name) => name.EndsWith(".weight", StringComparison.Ordinal) && !name.StartsWith("aux.", StringComparison.Ordinal)
        && !name.Contains(".gen.", StringComparison.Ordinal);

    private static Asides Told(Network network, Tensor x)
    {
        var asides = new Asides { Features = true };
        network.Forward(x, Pass.Eval with { Asides = asides });
        return asides;
    }

    // |d logit_k / d x|, summed over colours.
    private static Tensor Gradient(Network network, Tensor x, Tensor classes)
    {
        using var on = WithGrad.Enter();
        var input = x.detach().clone().requires_grad_();
        var logits = network.Forward(input, Pass.Eval);
        return Grad.Of(logits.gather(1, classes.unsqueeze(1)).sum(), input).abs().sum(1);
    }
}

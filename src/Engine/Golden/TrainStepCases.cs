using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Golden;

/// <summary>One training step of a method (Free-AT: several): attack, losses, gradients, weights and buffers afterwards.</summary>
internal static class TrainStepCases
{
    public static void Run(GoldenCase golden, Comparison comparison)
    {
        var options = GoldenMethod.Options(golden.Part("method"));
        using var network = GoldenNetwork.Loaded(golden, options);
        var batches = Batches(golden);
        using var method = options.Build(network, batches[0].X.shape);
        using var optimizer = Optimizer(golden, network, method);
        Fill(State(method), golden.Input);
        for (var k = 0; k < batches.Count; k++)
        {
            var notes = new Dictionary<string, Tensor>();
            method.Step(Lesson(golden, network, optimizer, batches[k], notes));
            if (batches.Count > 1) CompareBatch(comparison, notes, method, k);
            if (k == batches.Count - 1) Compare(comparison, notes, method);
        }
        foreach (var (name, value) in network.Tensors()) comparison.Hold($"net.{name}", value);
        foreach (var (name, value) in optimizer.State) comparison.Hold(name, value);
    }

    private static Lesson Lesson(GoldenCase golden, Network network, Optimizer optimizer, (Tensor X, Tensor Y) batch, Dictionary<string, Tensor> notes) => new()
    {
        X = batch.X,
        Y = batch.Y,
        Draws = new RecordedDraws(GoldenMethod.Recording(golden), Ops.arange(batch.X.shape[0], device: golden.Device), DType.Float64),
        Network = network,
        Optimizer = optimizer,
        Lr = _ => (double)golden.Part("optimizer")["lr"]!,
        Notes = notes,
    };

    private static IEnumerable<(string Name, Tensor Value)> State(Method method) =>
        method.State.Concat(method.Parameters.Select(p => (p.Name, p.Slot.Value)));

    private static void Compare(Comparison comparison, Dictionary<string, Tensor> notes, Method method)
    {
        // The main loss of a case is the whole loss where the method has no other.
        if (notes.TryGetValue("loss", out var loss)) notes.TryAdd("loss.main", loss);
        // Cases number the places of a feature attack, in the order of the network.
        const string place = "loss.adv.";
        foreach (var (k, name) in notes.Keys.Where(n => n.StartsWith(place, StringComparison.Ordinal)).ToList().Index()) notes.TryAdd($"{place}{k}", notes[name]);
        foreach (var (name, value) in notes) comparison.Hold(name, value);
        foreach (var (name, value) in State(method)) comparison.Hold(name, value);
    }

    // loss.BATCH.PART and STATE.BATCH, in cases of several batches; there "loss" is that of the very first update.
    private static void CompareBatch(Comparison comparison, Dictionary<string, Tensor> notes, Method method, int batch)
    {
        if (batch == 0) comparison.Hold("loss", notes["loss.0"]);
        notes.Remove("loss");
        foreach (var (name, value) in notes.Where(n => n.Key.StartsWith("loss.", StringComparison.Ordinal)))
            comparison.Hold($"loss.{batch}.{name[5..]}", value);
        foreach (var (name, value) in method.State) comparison.Hold($"{name}.{batch}", value);
    }

    private static List<(Tensor X, Tensor Y)> Batches(GoldenCase golden)
    {
        var count = (int?)golden.Part("method")["batches"] ?? 0;
        return count == 0 ? [(golden.Input["x"], golden.Input["y"])]
            : [.. Enumerable.Range(0, count).Select(k => (golden.Input[$"x.{k}"], golden.Input[$"y.{k}"]))];
    }

    private static Optimizer Optimizer(GoldenCase golden, Network network, Method method)
    {
        var part = golden.Part("optimizer");
        var optimizer = new SgdOptions { Momentum = (double)part["momentum"]!, WeightDecay = (double)part["weightDecay"]! }
            .Build(method.Optimised(network));
        Fill(optimizer.State, golden.Input);
        return optimizer;
    }

    // What a case leaves out starts as it does in a run.
    private static void Fill(IEnumerable<(string Name, Tensor Value)> places, IReadOnlyDictionary<string, Tensor> from)
    {
        using var off = NoGrad.Enter();
        foreach (var (name, place) in places)
            if (from.TryGetValue(name, out var value)) place.copy_(value);
    }
}

using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class OptimizerTests
{
    // torch 1.13.1, float64: w = [1, -2], four steps with lr 0.1 and gradients [0.5 + t, -0.25 t]. The rows "tensorflow" are numpy 1.24.2,
    // float64: d = g + 0.01 w; s = 0.9 s + 0.1 d^2 from s = 1; b = m b + 0.1 d / sqrt(s + 1e-3) from b = 0; w -= b.
    public static TheoryData<string, double, double> Reference => new()
    {
        { "plain", 0.2, -1.85 },
        { "momentum", -0.4112141116490001, -1.7443246216019999 },
        { "nesterov", -1.0717494965586634, -1.6122431467344642 },
        { "adamw", 0.6199254579754698, -1.7478233496268454 },
        { "rmsprop-pytorch", -1.6573974357719945, 0.5749003219201553 },
        { "rmsprop-tensorflow", -0.17256880835559285, -1.709901877688098 },
        { "rmsprop-tensorflow-plain", 0.3862395157600865, -1.819562557199366 },
    };

    [Theory]
    [MemberData(nameof(Reference))]
    public void Four_steps_end_where_pytorch_ends(string name, double first, double second)
    {
        using var scope = Scope.Enter();
        var slot = Weights();
        using var optimizer = Options(name).Build([("w", slot)]);
        for (var t = 0; t < 4; t++) optimizer.Step([Tensor.From([0.5 + t, -0.25 * t], 2)], 0.1);
        var end = slot.Value.ToArray<double>();
        Assert.Equal(first, end[0], 12);
        Assert.Equal(second, end[1], 12);
        slot.Value.Dispose();
    }

    [Theory]
    [InlineData("momentum")]
    [InlineData("nesterov")]
    [InlineData("adamw")]
    [InlineData("rmsprop-pytorch")]
    [InlineData("rmsprop-tensorflow")]
    public void Its_state_is_all_it_remembers(string name)
    {
        using var scope = Scope.Enter();
        var (one, two) = (Weights(), Weights());
        using var whole = Options(name).Build([("w", one)]);
        using var early = Options(name).Build([("w", two)]);
        for (var t = 0; t < 3; t++) whole.Step([Tensor.From([1.0, t], 2)], 0.1);
        for (var t = 0; t < 2; t++) early.Step([Tensor.From([1.0, t], 2)], 0.1);
        using var late = Options(name).Build([("w", two)]);
        late.State.Select(s => KeyValuePair.Create(s.Name, s.Value)).Fill(early.State.ToDictionary(s => s.Name, s => s.Value));
        late.Step([Tensor.From([1.0, 2.0], 2)], 0.1);
        Assert.Equal(one.Value.ToArray<double>(), two.Value.ToArray<double>());
        one.Value.Dispose();
        two.Value.Dispose();
    }

    public static TheoryData<string> Kind => [.. Kinds.Optimizers.Entries.Select(e => e.Kind)];

    [Theory]
    [MemberData(nameof(Kind))]
    public void Weight_decay_can_leave_vectors_out(string kind)
    {
        using var scope = Scope.Enter();
        var options = (OptimizerOptions)Kinds.Optimizers.Find(kind)!.Default();
        Assert.Equal([true, true], Moved(options with { DecayAll = true }));
        Assert.Equal([true, false], Moved(options with { DecayAll = false }));
    }

    // Which of a matrix and a vector of ones a step without gradient moves.
    private static bool[] Moved(OptimizerOptions options)
    {
        using var off = NoGrad.Enter();
        Slot[] slots = [new(Init.Zero, learned: true, [1, 2], DType.Float64), new(Init.Zero, learned: true, [2], DType.Float64)];
        foreach (var slot in slots) slot.Value.fill_(1);
        using var optimizer = options.Build([("matrix", slots[0]), ("vector", slots[1])]);
        optimizer.Step([.. slots.Select(s => Ops.zeros_like(s.Value))], 0.1);
        bool[] moved = [.. slots.Select(s => s.Value.ToArray<double>()[0] != 1)];
        foreach (var slot in slots) slot.Value.Dispose();
        return moved;
    }

    [Fact]
    public void A_gradient_too_few_is_refused()
    {
        var slot = Weights();
        using var optimizer = new SgdOptions().Build([("w", slot)]);
        Assert.Throws<ArgumentException>(() => optimizer.Step([], 0.1));
        slot.Value.Dispose();
    }

    private static OptimizerOptions Options(string name) => name switch
    {
        "plain" => new SgdOptions { Momentum = 0, WeightDecay = 0 },
        "momentum" => new SgdOptions { Momentum = 0.9, WeightDecay = 0.01 },
        "nesterov" => new SgdOptions { Momentum = 0.9, WeightDecay = 0.01, Nesterov = true },
        "rmsprop-pytorch" => new RmsPropOptions { WeightDecay = 0.01, DecayAll = true, Rule = RmsPropRule.Pytorch },
        "rmsprop-tensorflow" => new RmsPropOptions { WeightDecay = 0.01, DecayAll = true },
        "rmsprop-tensorflow-plain" => new RmsPropOptions { WeightDecay = 0.01, DecayAll = true, Momentum = 0 },
        _ => new AdamWOptions { WeightDecay = 0.01 },
    };

    private static Slot Weights()
    {
        using var scope = Scope.Enter();
        var slot = new Slot(Init.Zero, learned: true, [2], DType.Float64);
        using var off = NoGrad.Enter();
        slot.Value.copy_(Tensor.From([1.0, -2.0], 2));
        return slot;
    }
}

using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Data;

public sealed class PolicyTests
{
    private const int Side = 32;

    public static TheoryData<AutoAugmentPolicy> Policies => [.. Enum.GetValues<AutoAugmentPolicy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_policy_is_25_pairs_of_possible_operations(AutoAugmentPolicy policy)
    {
        var pairs = AutoAugmentTables.Of(policy);
        Assert.Equal(25, pairs.Count);
        var top = policy == AutoAugmentPolicy.Imagenet ? 10 : 9;
        Assert.All(pairs, pair => Assert.Equal(2, pair.Length));
        Assert.All(pairs.SelectMany(p => p), s => Assert.True(s.Chance is >= 0 and <= 1 && s.Level >= 0 && s.Level <= top && s.Operation != Operation.Identity, s.ToString()));
    }

    // Levels as arguments, by the formulas of the released code.
    [Theory]
    [InlineData(nameof(Operation.Rotate), 3, 9)]
    [InlineData(nameof(Operation.ShearX), 9, 0.27)]
    [InlineData(nameof(Operation.TranslateY), 9, 225)]
    [InlineData(nameof(Operation.Color), 4, 0.82)]
    [InlineData(nameof(Operation.Solarize), 3, 76)]
    [InlineData(nameof(Operation.Solarize), 10, 256)]
    [InlineData(nameof(Operation.SolarizeAdd), 7, 77)]
    [InlineData(nameof(Operation.Posterize), 6, 2)]
    [InlineData(nameof(Operation.Posterize), 2, 1)]
    public void Imagenet_levels_mean(string operation, int level, double argument) =>
        Assert.Equal(argument, Magnitude.Imagenet(Named(operation), level, negative: false), 12);

    [Theory]
    [InlineData(nameof(Operation.Rotate), 9, 30)]
    [InlineData(nameof(Operation.ShearY), 3, 0.1)]
    [InlineData(nameof(Operation.TranslateX), 9, 150.0 / 331 * 32)]
    [InlineData(nameof(Operation.TranslateY), 9, 150.0 / 331 * 64)]
    [InlineData(nameof(Operation.Color), 5, 1.5)]
    [InlineData(nameof(Operation.Solarize), 0, 256)]
    [InlineData(nameof(Operation.Solarize), 9, 0)]
    [InlineData(nameof(Operation.Posterize), 0, 8)]
    [InlineData(nameof(Operation.Posterize), 3, 7)]
    [InlineData(nameof(Operation.Posterize), 9, 4)]
    public void Cifar_levels_mean(string operation, int level, double argument) =>
        Assert.Equal(argument, Magnitude.Cifar(Named(operation), level, negative: false, height: 64, width: 32), 12);

    [Theory]
    [InlineData(nameof(Operation.Rotate), 30, 30)]
    [InlineData(nameof(Operation.TranslateX), 9, 4)]
    [InlineData(nameof(Operation.Brightness), 10, 1.3)]
    [InlineData(nameof(Operation.Solarize), 9, 178.5)]
    [InlineData(nameof(Operation.Posterize), 9, 7)]
    public void Torchvision_levels_mean(string operation, int level, double argument) =>
        Assert.Equal(argument, Magnitude.Rand(Named(operation), level, negative: false, Side, Side), 12);

    [Theory]
    [InlineData(nameof(Operation.Rotate))]
    [InlineData(nameof(Operation.ShearX))]
    [InlineData(nameof(Operation.TranslateY))]
    public void Warps_go_either_way(string operation)
    {
        Assert.Equal(-Magnitude.Imagenet(Named(operation), 5, negative: false), Magnitude.Imagenet(Named(operation), 5, negative: true));
        Assert.Equal(-Magnitude.Cifar(Named(operation), 5, false, Side, Side), Magnitude.Cifar(Named(operation), 5, true, Side, Side));
    }

    [Fact]
    public void Moves_are_made_one_after_the_other_and_only_on_their_images()
    {
        using var scope = Scope.Enter();
        // Off the grid, so that an image that is only read and written again is found.
        var x = new Rng(1).Draw("images", Ops.arange(3), 0).Uniform("x", 0, 1, 3, Side, Side);
        var (invert, dim) = (new Move(Operation.Invert, 0), new Move(Operation.Brightness, 0.5));
        var moved = Move.Apply(x, [[Move.None, invert, invert], [Move.None, Move.None, dim]], 128);
        Assert.True(x[0].equal(moved[0]));
        var levels = (x * 255).round();
        Assert.True(((255 - levels[1]) / 255).equal(moved[1]));
        Assert.True((((255 - levels[2]) * 0.5).floor() / 255).equal(moved[2]));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_pair_is_drawn_and_most_images_change(AutoAugmentPolicy policy)
    {
        using var scope = Scope.Enter();
        var x = new Rng(1).Draw("images", Ops.arange(400), 0).Uniform("x", 0, 1, 3, 8, 8).mul(255).round() / 255;
        var varied = new AutoAugmentOptions { Policy = policy }.Apply(x, new Rng(2).Draw("augment", Ops.arange(400), 1));
        var changed = Enumerable.Range(0, 400).Count(k => !x[k].equal(varied[k]));
        Assert.InRange(changed, 240, 399);
    }

    [Fact]
    public void Memory_order_and_precision_do_not_matter()
    {
        using var scope = Scope.Enter();
        var x = new Rng(1).Draw("images", Ops.arange(40), 0).Uniform("x", 0, 1, 3, Side, Side);
        Draws draws = new Rng(2).Draw("augment", Ops.arange(40), 1);
        var varied = new AutoAugmentOptions().Apply(x, draws);
        Assert.True(varied.equal(new AutoAugmentOptions().Apply(x.contiguous(MemoryFormat.ChannelsLast), draws)));
        var wide = new AutoAugmentOptions().Apply(x.to(DType.Float64), draws);
        Assert.Equal(DType.Float64, wide.dtype);
        Assert.True((wide - varied).abs().max().item<double>() < 1e-6);
    }

    [Fact]
    public void Strength_nothing_leaves_all_but_stretched_equalised_and_white_pixels()
    {
        using var scope = Scope.Enter();
        // Dark enough never to reach torchvision's lowest threshold of 255; full contrast, so that stretching changes nothing.
        var x = (Ops.arange(64).remainder(16).to(DType.Float32) * 0.06).reshape(1, 1, 8, 8).expand(50, 3, 8, 8);
        var same = new RandAugmentOptions { Strength = 0, Operations = 1 }.Apply(x, new Rng(3).Draw("augment", Ops.arange(50), 1));
        var changed = Enumerable.Range(0, 50).Count(k => (x[k] - same[k]).abs().max().item<float>() > 0.5 / 255 + 1e-6);
        // AutoContrast alone, one operation of 14: 64 pixels are too few to be equalised.
        Assert.InRange(changed, 0, 10);
    }

    [Theory]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Bilinear)]
    public void Rotation_by_nothing_is_none_and_fills_its_corners_otherwise(Interpolation how)
    {
        using var scope = Scope.Enter();
        var x = Ops.full([20, 3, Side, Side], 1.0);
        Draws draws = new Rng(3).Draw("augment", Ops.arange(20), 1);
        Assert.True(x.equal(new RotationOptions { Degrees = 0, Interpolation = how }.Apply(x, draws)));
        var turned = new RotationOptions { Degrees = 45, Interpolation = how, Fill = 51 }.Apply(x, draws);
        Assert.Equal([0.2f, 1], turned.ToArray<float>().Distinct().Order());
    }

    private static Operation Named(string operation) => Enum.Parse<Operation>(operation);
}

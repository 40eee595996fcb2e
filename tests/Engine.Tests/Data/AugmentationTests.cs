using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Data;

public class AugmentationTests
{
    public static TheoryData<string> All => [.. Kinds.Augmentations.Entries.Select(e => e.Kind)];

    [Theory]
    [MemberData(nameof(All))]
    public void An_augmentation_keeps_shape_type_and_range(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images(6, side: 32);
        var varied = Vary(kind, x, [0, 1, 2, 3, 4, 5], step: 3);
        Assert.Equal(x.shape, varied.shape);
        Assert.Equal(DType.Float32, varied.dtype);
        Assert.All(varied.ToArray<float>(), v => Assert.InRange(v, 0, 1));
    }

    [Fact]
    public void A_mirrored_border_is_the_image_reflected_at_its_edges()
    {
        using var scope = Scope.Enter();
        var x = Images(16, side: 12);
        Tensor Shifted(bool mirror, Tensor of) => new PadCropOptions { Pad = 4, Mirror = mirror }.Apply(of, new Rng(1).Draw("pad", Ops.arange(16), 2));
        // A picture that holds its own reflections has no border to be seen: the middle of a larger one, cut by the same draws.
        var wide = Ops.Call("reflection_pad2d", x, new long[] { 4, 4, 4, 4 });
        var inside = Shifted(mirror: false, Ops.ones_like(x));
        var (mirrored, black) = (Shifted(mirror: true, x), Shifted(mirror: false, x));
        Assert.True((mirrored * inside).equal(black));
        for (var n = 0; n < 16; n++)
        {
            var found = Enumerable.Range(0, 81).Any(k => wide[n].narrow(1, k / 9, 12).narrow(2, k % 9, 12).equal(mirrored[n]));
            Assert.True(found, $"image {n}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_an_image_becomes_depends_on_no_neighbour(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images(6, side: 32);
        var all = Vary(kind, x, [0, 1, 2, 3, 4, 5], step: 1);
        var some = Vary(kind, x.index_select(0, Tensor.From<long>([4, 1], 2)), [4, 1], step: 1);
        Assert.Equal(all[4].ToArray<float>(), some[0].ToArray<float>());
        Assert.Equal(all[1].ToArray<float>(), some[1].ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_epoch_varies_anew_and_the_same_epoch_again(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images(16, side: 32);
        long[] rows = [.. Enumerable.Range(0, 16)];
        var first = Vary(kind, x, rows, step: 1).ToArray<float>();
        Assert.Equal(first, Vary(kind, x, rows, step: 1).ToArray<float>());
        if (kind != "none") Assert.NotEqual(first, Vary(kind, x, rows, step: 2).ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Grey_and_oblong_images_are_varied_too(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images(20, side: 24).narrow(1, 0, 1).narrow(2, 0, 18);
        var varied = Vary(kind, x, [.. Enumerable.Range(0, 20)], step: 1);
        Assert.Equal([20, 1, 18, 24], varied.shape);
        Assert.All(varied.ToArray<float>(), v => Assert.InRange(v, 0, 1));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Varying_leaves_the_images_themselves_and_no_tensors_behind(string kind)
    {
        using var scope = Scope.Enter();
        var x = Images(8, side: 32);
        var before = x.clone();
        long[] rows = [.. Enumerable.Range(0, 8)];
        var live = 0L;
        for (var step = 1; step <= 3; step++)
        {
            using (Scope.Enter()) Vary(kind, x, rows, step);
            if (step == 1) live = Tensor.Live;
        }
        Assert.Equal(live, Tensor.Live);
        Assert.True(before.equal(x));
    }

    [Fact]
    public void Pad_crop_is_a_shift_with_black_coming_in()
    {
        using var scope = Scope.Enter();
        var x = Images(40);
        var varied = Vary("pad-crop", x, [.. Enumerable.Range(0, 40)], step: 1);
        var shifts = new HashSet<(int, int)>();
        for (var i = 0; i < 40; i++)
        {
            var (before, after) = (x[i].ToArray<float>(), varied[i].ToArray<float>());
            var found = (from dy in Enumerable.Range(-4, 9) from dx in Enumerable.Range(-4, 9) where Shifted(before, dy, dx).SequenceEqual(after) select (dy, dx)).ToArray();
            shifts.Add(Assert.Single(found));
        }

        Assert.True(shifts.Count > 20);
    }

    [Fact]
    public void Flip_mirrors_about_half_of_the_images()
    {
        using var scope = Scope.Enter();
        var x = Images(200);
        var varied = Vary("flip", x, [.. Enumerable.Range(0, 200)], step: 1);
        var mirrored = x.flip(3);
        var flipped = 0;
        for (var i = 0; i < 200; i++)
        {
            var now = varied[i].ToArray<float>();
            var same = now.SequenceEqual(x[i].ToArray<float>());
            Assert.True(same || now.SequenceEqual(mirrored[i].ToArray<float>()));
            if (!same) flipped++;
        }

        Assert.InRange(flipped, 70, 130);
    }

    [Fact]
    public void Cutout_blackens_one_square_and_nothing_else()
    {
        using var scope = Scope.Enter();
        var x = Images(50) + 0.01;
        var varied = new CutoutOptions { Size = 3 }.Apply(x, new Rng(1).Draw("augment", Ops.arange(50), 1));
        for (var i = 0; i < 50; i++)
        {
            var (before, after) = (x[i].ToArray<float>(), varied[i].ToArray<float>());
            var black = Enumerable.Range(0, 64).Where(p => after[p] == 0).ToArray();
            Assert.InRange(black.Length, 4, 9);
            Assert.InRange(black.Max(p => p / 8) - black.Min(p => p / 8), 1, 2);
            Assert.InRange(black.Max(p => p % 8) - black.Min(p => p % 8), 1, 2);
            Assert.All(Enumerable.Range(0, 192).Where(p => !black.Contains(p % 64)), p => Assert.Equal(before[p], after[p]));
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(5)]
    [InlineData(3)]
    public void The_whole_image_is_resized_as_libtorch_does_with_antialias(int side)
    {
        using var scope = Scope.Enter();
        var x = Images(4);
        var whole = new RandomResizedCropOptions { MinArea = 1, MinRatio = 1, MaxRatio = 1 };
        var resized = AugmentationOptions.ApplyAll([whole], x, new Rng(1).Draw("augment", Ops.arange(4), 1), side);
        var wanted = Ops.Call("_upsample_bilinear2d_aa", x, new long[] { side, side }, false);
        Assert.Equal([4, 3, side, side], resized.shape);
        Assert.True(resized.sub(wanted).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void Random_resized_crops_have_the_areas_and_ratios_that_were_asked_for()
    {
        using var scope = Scope.Enter();
        const int n = 400, size = 64;
        // Each pixel holds its own place, so a crop tells where it was cut: two slopes.
        var place = Ops.arange(size).to(DType.Float32).add(0.5).div(size);
        var x = Ops.cat([place.reshape(1, 1, -1, 1).expand(n, 1, size, size), place.reshape(1, 1, 1, -1).expand(n, 1, size, size)], 1);
        var options = new RandomResizedCropOptions { MinArea = 0.2, MaxArea = 0.6 };
        var cut = AugmentationOptions.ApplyAll([options], x, new Rng(5).Draw("augment", Ops.arange(n), 1), 16);
        // Lines 4 and 11 of 16 lie 7/16 of the cut apart and away from its edges.
        var tall = cut.select(1, 0).select(2, 0);
        var wide = cut.select(1, 1).select(1, 0);
        var height = tall.select(1, 11).sub(tall.select(1, 4)).mul(16 / 7.0).ToArray<float>();
        var width = wide.select(1, 11).sub(wide.select(1, 4)).mul(16 / 7.0).ToArray<float>();
        for (var i = 0; i < n; i++)
        {
            // Sides are whole pixels: half a pixel of 64 either way.
            Assert.InRange(height[i] * width[i], 0.2 - 0.02, 0.6 + 0.02);
            Assert.InRange(width[i] / height[i], 0.75 - 0.05, 4 / 3.0 + 0.05);
        }

        Assert.InRange(height.Zip(width, (h, w) => h * w).Average(), 0.38f, 0.42f);
        Assert.True(height.Distinct().Count() > 10);
        Assert.InRange(cut.min().item<float>(), 0, 0.1f);
        Assert.InRange(cut.max().item<float>(), 0.9f, 1);
    }

    [Fact]
    public void Where_no_rectangle_fits_the_largest_middle_one_is_taken()
    {
        using var scope = Scope.Enter();
        // 8 high, 32 wide: every rectangle of the whole area and a ratio of at most 2 is too high.
        var place = Ops.arange(32).to(DType.Float32).div(32);
        var x = place.reshape(1, 1, 1, -1).expand(1, 3, 8, 32);
        var options = new RandomResizedCropOptions { MinArea = 1, MinRatio = 1, MaxRatio = 2 };
        var cut = AugmentationOptions.ApplyAll([options], x, new Rng(1).Draw("augment", Ops.arange(1), 1), 16);
        Assert.Equal(x.narrow(3, 8, 16).select(2, 0).ToArray<float>(), cut.select(2, 0).ToArray<float>());
    }

    [Fact]
    public void A_side_without_an_augmentation_that_resizes_gives_the_middle()
    {
        using var scope = Scope.Enter();
        var x = Images(3);
        var cut = AugmentationOptions.ApplyAll([new FlipOptions { Chance = 0 }], x, new Rng(1).Draw("augment", Ops.arange(3), 1), 4);
        Assert.Equal(x.narrow(2, 2, 4).narrow(3, 2, 4).contiguous().ToArray<float>(), cut.ToArray<float>());
    }

    private static Tensor Images(int n, int side = 8) => (Ops.arange(n * 3 * side * side).to(DType.Float32) * 0.618034).frac().reshape(n, 3, side, side);

    private static Tensor Vary(string kind, Tensor x, long[] samples, long step) =>
        AugmentationOptions.ApplyAll([(AugmentationOptions)Kinds.Augmentations.Find(kind)!.Default()], x, new Rng(7).Draw("augment", Tensor.From(samples, samples.Length), step));

    private static float[] Shifted(float[] image, int dy, int dx)
    {
        var shifted = new float[image.Length];
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < 8; y++)
                for (var column = 0; column < 8; column++)
                    if (y + dy is >= 0 and < 8 && column + dx is >= 0 and < 8)
                        shifted[c * 64 + y * 8 + column] = image[c * 64 + (y + dy) * 8 + column + dx];
        return shifted;
    }
}

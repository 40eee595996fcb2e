using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;

namespace WebLab.Engine.Tests.Corruptions;

/// <summary>Laws over every corruption of the catalog.</summary>
public class CorruptionTests
{
    private static readonly ImageShape Shape = Reference.Square(32);

    public static TheoryData<string> All => [.. Kinds.Corruptions.Entries.Select(e => e.Kind)];

    [Theory, MemberData(nameof(All))]
    public void A_corruption_changes_the_image_at_every_severity_and_keeps_its_size(string kind)
    {
        var image = Reference.Made(32, 0);
        for (var severity = 1; severity <= Corruption.Severities; severity++)
        {
            var corrupted = Reference.Kind(kind).Apply(image, Shape, severity, 0, 5);
            Assert.Equal(image.Length, corrupted.Length);
            Assert.NotEqual(image, corrupted);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Equal_seeds_and_samples_give_equal_images(string kind)
    {
        var (image, before) = (Reference.Made(32, 0), Reference.Made(32, 0));
        var first = Reference.Kind(kind).Apply(image, Shape, 3, 7, 11);
        Reference.Kind(kind).Apply(Reference.Made(32, 1), Shape, 3, 7, 4);
        Assert.Equal(first, Reference.Kind(kind).Apply(image, Shape, 3, 7, 11));
        Assert.Equal(before, image);
    }

    [Theory, MemberData(nameof(All))]
    public void Chance_differs_by_seed_sample_and_severity_or_there_is_none(string kind)
    {
        var image = Reference.Made(32, 0);
        byte[] Made(int seed, long sample) => Reference.Kind(kind).Apply(image, Shape, 2, seed, sample);
        var first = Made(1, 1);
        if (Reference.WithoutChance.Contains(kind)) Assert.All([Made(2, 1), Made(1, 2)], other => Assert.Equal(first, other));
        else Assert.All([Made(2, 1), Made(1, 2)], other => Assert.NotEqual(first, other));
    }

    [Theory, MemberData(nameof(All))]
    public void Grey_and_oblong_images_are_corrupted_too(string kind)
    {
        var tall = new ImageShape(1, 40, 27);
        byte[] image = [.. Reference.Made(40, 0).Take(tall.Bytes)];
        for (var severity = 1; severity <= Corruption.Severities; severity++)
        {
            var corrupted = Reference.Kind(kind).Apply(image, tall, severity, 0, 0);
            Assert.Equal(tall.Bytes, corrupted.Length);
            // Saturation is all that a grey image lacks.
            if (kind != "saturate") Assert.NotEqual(image, corrupted);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void A_grey_image_becomes_what_the_same_image_in_colour_becomes(string kind)
    {
        // Those that draw for each channel differ by what they draw.
        if (kind.EndsWith("-noise", StringComparison.Ordinal) || kind == "spatter" || kind.StartsWith("frost", StringComparison.Ordinal)) return;
        byte[] grey = [.. Reference.Made(32, 0).Take(1024)];
        var alone = Reference.Kind(kind).Apply(grey, new ImageShape(1, 32, 32), 2, 0, 0);
        // The second severity of saturation adds none, so colours stay equal.
        var coloured = Reference.Kind(kind).Apply([.. grey, .. grey, .. grey], Shape, 2, 0, 0);
        for (var i = 0; i < 1024; i++) Assert.InRange(coloured[i] - alone[i], -1, 1);
    }

    [Theory, MemberData(nameof(All))]
    public void Small_and_large_images_are_corrupted(string kind)
    {
        foreach (var shape in new[] { Reference.Square(8), new ImageShape(3, 64, 50), new ImageShape(3, 150, 130) })
            Assert.Equal(shape.Bytes, Reference.Kind(kind).Apply(Reference.Made(150, 0).AsSpan(0, shape.Bytes), shape, 5, 0, 0).Length);
    }

    [Theory, InlineData(0), InlineData(6), InlineData(-1)]
    public void A_severity_outside_of_1_to_5_is_refused(int severity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Fog().Apply(Reference.Made(32, 0), Shape, severity, 0, 0));

    [Fact]
    public void Fifteen_are_averaged_four_are_held_out_and_one_stands_in()
    {
        var sets = Kinds.Corruptions.Entries.CountBy(e => ((Corruption)e.Default()).Set()).ToDictionary();
        Assert.Equal((15, 4, 1), (sets[CorruptionSet.Test], sets[CorruptionSet.HeldOut], sets[CorruptionSet.Substitute]));
        Assert.Equal(Engine.Data.Readers.CorruptedCifarReader.Corruptions, Kinds.Corruptions.Entries.Take(19).Select(e => e.Kind.Replace('-', '_')));
    }

    [Fact]
    public void Frost_without_its_photographs_says_so() =>
        Assert.Contains("photographs", Assert.Throws<InvalidOperationException>(() => new Frost().Apply(Reference.Made(32, 0), Shape, 1, 0, 0)).Message);
}

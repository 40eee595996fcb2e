using WebLab.Engine.Images;

namespace WebLab.Engine.Tests.Images;

public class PngFileTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(32, 32)]
    [InlineData(7, 300)]
    public void What_is_written_reads_back(int width, int height)
    {
        var image = Pictures.Noise(width, height);
        Assert.Equal(image.Pixels, PngFile.Decode(PngFile.Encode(image), ImageLimits.Default).Pixels);
        var smooth = Pictures.Gradient(width, height);
        Assert.Equal(smooth.Pixels, PngFile.Decode(PngFile.Encode(smooth), ImageLimits.Default).Pixels);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_refused_or_changes_nothing()
    {
        var image = Pictures.Gradient(9, 5);
        var file = PngFile.Encode(image);
        for (var i = 0; i < file.Length * 8; i++)
        {
            var broken = (byte[])file.Clone();
            broken[i / 8] ^= (byte)(1 << (i % 8));
            try
            {
                Assert.Equal(image.Pixels, PngFile.Decode(broken, ImageLimits.Default).Pixels);
            }
            catch (ImageRefused)
            {
                continue;
            }
        }
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        var file = PngFile.Encode(Pictures.Gradient(9, 5));
        for (var length = 0; length < file.Length; length++)
            Assert.Throws<ImageRefused>(() => PngFile.Decode(file.AsSpan(0, length), ImageLimits.Default));
    }

    [Fact]
    public void Planes_and_pixels_are_the_same_image()
    {
        var image = Pictures.Noise(4, 3);
        Assert.Equal(image.Pixels, RgbImage.FromPlanes(image.ToPlanes(), 3, 3, 4).Pixels);
        Assert.Equal([5, 5, 5, 9, 9, 9], RgbImage.FromPlanes([5, 9], 1, 1, 2).Pixels);
    }

    [Theory]
    [InlineData(1, "ab cd ef")]
    [InlineData(2, "ba dc fe")]
    [InlineData(3, "fe dc ba")]
    [InlineData(4, "ef cd ab")]
    [InlineData(5, "ace bdf")]
    [InlineData(6, "eca fdb")]
    [InlineData(7, "fdb eca")]
    [InlineData(8, "bdf ace")]
    public void Each_orientation_is_undone(int orientation, string rows)
    {
        // Stored: ab / cd / ef.
        var stored = new RgbImage(2, 3, [.. "abcdef".SelectMany(c => new[] { (byte)c, (byte)c, (byte)c })]);
        var upright = stored.Upright(orientation);
        var text = string.Join(' ', Enumerable.Range(0, upright.Height).Select(y =>
            string.Concat(Enumerable.Range(0, upright.Width).Select(x => (char)upright.Pixels[(y * upright.Width + x) * 3]))));
        Assert.Equal(rows, text);
    }
}

using WebLab.Engine.Catalog;
using WebLab.Engine.Images;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("jpeg-compression", "JPEG compression", "Blocks and lost colours of a JPEG file of low quality.", Group = "digital", Source = Words.Source, Link = Words.Link)]
public sealed record JpegCompression : Corruption
{
    private static readonly Published<int> Quality = new([80, 65, 58, 50, 40], [65, 58, 50, 40, 25], [25, 18, 15, 10, 7]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance) => image.InColour(coloured =>
        Codec.Recompress(RgbImage.FromPlanes(coloured.Bytes, coloured.Channels, coloured.Height, coloured.Width), Quality.At(image, severity)).ToPlanes());
}

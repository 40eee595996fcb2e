using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>An image as a PNG file, plain or under a heat map: grey where the map is cold, orange where it is hot.</summary>
internal static class HeatPicture
{
    private const double Cover = 0.85;

    // Okabe and Ito's orange stands out from grey with any colour vision.
    private static readonly double[] orange = [1.0, 0.5, 0.0];

    /// <summary>Writes a file and returns its name.</summary>
    /// <param name="folder">Is there.</param>
    /// <param name="name">With its ending.</param>
    /// <param name="image">C x H x W in [0,1].</param>
    /// <param name="heat">H x W in [0,1]; absent: the image as it is.</param>
    public static string Save(string folder, string name, Tensor image, Tensor? heat = null)
    {
        using var scope = Scope.Enter();
        var shown = heat is null ? image : Covered(image.mean(0L), heat * Cover);
        var planes = shown.mul(255).round().clamp(0, 255).to(DType.UInt8).contiguous().cpu().ToArray<byte>();
        var file = RgbImage.FromPlanes(planes, (int)shown.shape[0], (int)shown.shape[1], (int)shown.shape[2]);
        Durable.Replace(Path.Combine(folder, name), PngFile.Encode(file), sync: false);
        return name;
    }

    private static Tensor Covered(Tensor grey, Tensor cover) => Ops.stack([.. orange.Select(c => grey * (1 - cover) + cover * c)]);
}

using WebLab.Engine.Images;

namespace WebLab.Engine.Corruptions;

/// <summary>
/// The photographs of the benchmark's frost. Their terms of use are not stated, so the product ships without them; who has them puts them
/// into the folder <c>frost</c> of the data directory.
/// </summary>
public static class FrostPhotographs
{
    public const string Folder = "frost";

    // The benchmark's code lists a sixth and never draws it.
    private static readonly (string Name, int Width, int Height)[] Wanted =
        [("frost1.png", 900, 600), ("frost2.png", 560, 315), ("frost3.png", 560, 315), ("frost4.jpg", 527, 350), ("frost5.jpg", 660, 495)];

    /// <summary>Whether somebody has put photographs there.</summary>
    public static bool AreIn(string data) => Directory.Exists(Path.Combine(data, Folder));

    /// <param name="data">The data directory.</param>
    /// <returns>Null where there is no folder of them.</returns>
    /// <exception cref="InvalidDataException">One is missing, broken or of another size than the benchmark's.</exception>
    public static IReadOnlyList<RgbImage>? Read(string data)
    {
        if (!AreIn(data)) return null;
        using var decoder = new ResidentDecoder();
        return [.. Wanted.Select(w => One(Path.Combine(data, Folder, w.Name), w.Width, w.Height, decoder))];
    }

    private static RgbImage One(string path, int width, int height, ResidentDecoder decoder)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"{path} is missing; the photographs are {string.Join(", ", Wanted.Select(w => w.Name))}");
        try
        {
            var image = decoder.Decode(File.ReadAllBytes(path), new Shaping()).Image;
            return image.Width == width && image.Height == height ? image
                : throw new InvalidDataException($"{path} has {image.Width} x {image.Height} pixels; the benchmark's has {width} x {height}");
        }
        catch (ImageRefused e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}

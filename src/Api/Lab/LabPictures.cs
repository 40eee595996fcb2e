using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Images;

namespace WebLab.Api.Lab;

/// <summary>Pictures that were sent once, to be attacked many times; kept as long as lab results.</summary>
public sealed class LabPictures(LabSessions sessions, ImageDecoder decoder)
{
    internal const string Original = "original.png";
    private const string Bytes = "picture.bin", About = "picture.json";
    private const int PreviewSide = 512;

    /// <summary>Keeps a picture. Its bytes are decoded in a process of its own, never here.</summary>
    /// <exception cref="ImageRefused">Not an image, not a format that is read, broken, or too large.</exception>
    public async Task<PictureView> Add(string fileName, byte[] bytes, string userId, CancellationToken cancel)
    {
        var preview = await decoder.DecodeAsync(bytes, new Shaping(Longest: PreviewSide), cancel);
        var (session, place) = sessions.Begin(userId);
        var view = new PictureView(session.Id, session.ExpiresAt, Describe(fileName, preview), $"/api/v1/lab/pictures/{session.Id}/preview.png");
        await File.WriteAllBytesAsync(DataDirectory.Child(place, Bytes), bytes, CancellationToken.None);
        await File.WriteAllBytesAsync(DataDirectory.Child(place, Original), PngFile.Encode(preview.Image), CancellationToken.None);
        await File.WriteAllBytesAsync(DataDirectory.Child(place, About), JsonSerializer.SerializeToUtf8Bytes(view, Json.Options), CancellationToken.None);
        await sessions.Keep(session, [Original]);
        return view;
    }

    /// <exception cref="Refusal">404, also when it is somebody else's.</exception>
    public async Task<PictureView> Get(string id, string userId, CancellationToken cancel)
    {
        await using var file = File.OpenRead(DataDirectory.Child(await Folder(id, userId, cancel), About));
        return (await JsonSerializer.DeserializeAsync<PictureView>(file, Json.Options, cancel))!;
    }

    /// <summary>Path of its preview.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<string> Preview(string id, string userId, CancellationToken cancel) => DataDirectory.Child(await Folder(id, userId, cancel), Original);

    /// <summary>The middle square in a size that a network takes: 3 x side x side bytes. Made once for each size.</summary>
    internal async Task<byte[]> Square(string id, int side, string userId, CancellationToken cancel)
    {
        var place = await Folder(id, userId, cancel);
        var made = DataDirectory.Child(place, $"square-{side}.raw");
        if (File.Exists(made)) return await File.ReadAllBytesAsync(made, cancel);
        var square = await decoder.DecodeAsync(await File.ReadAllBytesAsync(DataDirectory.Child(place, Bytes), cancel), new Shaping(Square: side), cancel);
        var planes = square.Image.ToPlanes();
        await File.WriteAllBytesAsync(made + ".new", planes, CancellationToken.None);
        File.Move(made + ".new", made, overwrite: true);
        return planes;
    }

    internal static LabSourceView Describe(string fileName, DecodedImage image) => new(fileName, image.Format.ToString().ToLowerInvariant(),
        image.Width, image.Height, image.Frames, image.OrientationApplied, image.Warnings, null);

    private async Task<string> Folder(string id, string userId, CancellationToken cancel)
    {
        var place = await sessions.Folder(id, userId, "picture", cancel);
        return File.Exists(DataDirectory.Child(place, About)) ? place : throw Refusal.NotFound("picture", id);
    }
}

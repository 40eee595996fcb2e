using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;
using WebLab.Engine.Images;

namespace WebLab.Api.Datasets;

/// <summary>Images of a data set under common corruptions, as evaluations make them.</summary>
public sealed class CorruptedSamples(DatasetService sets, DataDirectory data)
{
    private readonly Lazy<IReadOnlyList<RgbImage>?> _photographs = new(() => FrostPhotographs.Read(data.Root));

    /// <summary>One corrupted image as PNG.</summary>
    /// <param name="version">Null for the newest.</param>
    /// <param name="kind">Of the corruption.</param>
    /// <param name="severity">1 to 5.</param>
    /// <param name="seed">As of an evaluation: the same seed gives the same image.</param>
    /// <exception cref="Refusal">404, or 400 with the parameter; 409 for frost without its photographs.</exception>
    public byte[] Image(string id, string? version, Split split, int index, string kind, int severity, int seed)
    {
        if (Kinds.Corruptions.Find(CorruptionNames.Kind(kind)) is null) throw Refusal.NotFound("corruption", kind);
        var (pixels, shape, _) = sets.Pixels(id, version, split, index);
        var corrupted = Apply(pixels, shape, kind, severity, seed, index);
        return PngFile.Encode(RgbImage.FromPlanes(corrupted, shape.Channels, shape.Height, shape.Width));
    }

    /// <summary>Corrupts any image.</summary>
    /// <param name="planes">C x H x W bytes.</param>
    /// <param name="sample">Keys the draws, as an index in a split does.</param>
    /// <returns>C x H x W bytes.</returns>
    /// <exception cref="Refusal">400 with the field; 409 for frost without its photographs.</exception>
    public byte[] Apply(byte[] planes, ImageShape shape, string kind, int severity, int seed, long sample)
    {
        var wrong = Complaints(kind, severity, seed).ToList();
        if (wrong.Count > 0) throw Refusal.Invalid(wrong);
        return Ready(Kinds.Corruptions.Find(CorruptionNames.Kind(kind))!).Apply(planes, shape, severity, seed, sample);
    }

    /// <summary>What is wrong with a choice, by field.</summary>
    public static IEnumerable<(string Path, string Message)> Complaints(string kind, int severity, int seed)
    {
        if (Kinds.Corruptions.Find(CorruptionNames.Kind(kind)) is null)
            yield return ("kind", $"got '{kind}', wanted one of {string.Join(", ", Kinds.Corruptions.Entries.Select(e => e.Kind))}");
        if (severity is < 1 or > Corruption.Severities) yield return ("severity", $"got {severity}, wanted 1 to {Corruption.Severities}");
        if (seed < 0) yield return ("seed", $"got {seed}, wanted 0 or more");
    }

    /// <summary>The corruptions that can be shown: generated frost where the photographs are not there.</summary>
    public IReadOnlyList<Entry> Shown()
    {
        var chosen = CorruptionNames.Chosen(CorruptionNames.Groups, Photographs());
        return [.. Kinds.Corruptions.Entries.Where(e => chosen.Any(c => c.GetType() == e.Type))];
    }

    private Corruption Ready(Entry entry)
    {
        if (entry.Type == typeof(Frost) && Photographs() is null)
            throw new Refusal(ProblemKinds.Conflict, $"{entry.Kind} needs the benchmark's photographs in the folder '{FrostPhotographs.Folder}' of the data directory");
        return CorruptionNames.Chosen([entry.Kind], Photographs())[0];
    }

    private IReadOnlyList<RgbImage>? Photographs()
    {
        try
        {
            return _photographs.Value;
        }
        catch (InvalidDataException)
        {
            // Evaluations tell what is wrong with them.
            return null;
        }
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// An evaluation as one file, <c>evaluation.json</c>, described by <c>docs/evaluation.schema.json</c>: its figures, and what became of every
/// image, so that the figures can be worked out again (<see cref="Verification"/>).
/// </summary>
/// <param name="Format"><see cref="Version"/>.</param>
/// <param name="Results">The figures.</param>
/// <param name="Classes">Names of the classes that labels count, from 0.</param>
/// <param name="Samples">A list of N values for each column: <c>index</c>, <c>clean.label</c>, <c>pgd20.broken</c>, ...</param>
/// <param name="ImagesSha256">Of <c>adversarial.safetensors</c>, where images were kept.</param>
public sealed record EvaluationDocument(string Format, EvaluationResults Results, IReadOnlyList<string> Classes,
    IReadOnlyDictionary<string, JsonElement> Samples, string? ImagesSha256 = null)
{
    public const string FileName = "evaluation.json", Version = "weblab-evaluation/1";

    /// <summary>The values of a column.</summary>
    /// <exception cref="InvalidDataException">It is missing or holds something else.</exception>
    public T[] Column<T>(string name)
    {
        if (!Samples.TryGetValue(name, out var values)) throw new InvalidDataException($"samples.{name} is missing");
        try
        {
            return values.Deserialize<T[]>(JobJson.Options) ?? throw new InvalidDataException($"samples.{name}: got null, want a list");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"samples.{name}: want a list of {typeof(T).Name}: {e.Message}");
        }
    }

    /// <exception cref="InvalidDataException">The file is not such a document.</exception>
    public static EvaluationDocument Read(string path)
    {
        try
        {
            var document = JsonSerializer.Deserialize<EvaluationDocument>(File.ReadAllBytes(path), JobJson.Options);
            return document is { Format: Version, Results.Attacks: not null, Results.Clean: not null, Samples: not null, Classes: not null } ? document
                : throw new InvalidDataException($"{path}: want format \"{Version}\" with results, classes and samples; got format \"{document?.Format}\"");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is no document of an evaluation: {e.Message}");
        }
    }

    internal static void Write(string folder, EvaluationResults results, IReadOnlyList<string> classes, IReadOnlyDictionary<string, Tensor> columns)
    {
        var images = Path.Combine(folder, OutcomeFiles.Adversarial);
        var document = new
        {
            format = Version,
            results,
            classes,
            imagesSha256 = File.Exists(images) ? Sha256(images) : null,
            samples = columns.ToDictionary(c => c.Key, c => Values(c.Value)),
        };
        Durable.Replace(Path.Combine(folder, FileName), JobJson.Bytes(document));
    }

    internal static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static object Values(Tensor column) =>
        column.dtype == DType.Bool ? column.to(DType.Int64).ToArray<long>().Select(v => v != 0).ToArray()
        : column.dtype == DType.Int64 ? column.ToArray<long>()
        : column.to(DType.Float32).ToArray<float>();
}

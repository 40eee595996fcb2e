using System.Text.Json.Nodes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>A reference case: a folder with what goes in, what must come out and how near.</summary>
public sealed record GoldenCase
{
    public required string Id { get; init; }

    /// <summary>forward, module, attack or train-step.</summary>
    public required string Kind { get; init; }

    /// <summary>The whole of case.json.</summary>
    public required JsonObject Document { get; init; }

    /// <summary>Where it runs.</summary>
    public required Device Device { get; init; }

    /// <summary>Tensors before; floats are float64.</summary>
    public required IReadOnlyDictionary<string, Tensor> Input { get; init; }

    /// <summary>Tensors after; floats are float64.</summary>
    public required IReadOnlyDictionary<string, Tensor> Expected { get; init; }

    public double Rtol => (double)Document["tolerance"]!["rtol"]!;

    public double Atol => (double)Document["tolerance"]!["atol"]!;

    /// <summary>Network, attack, method or module: an object of case.json, empty where it is absent.</summary>
    public JsonObject Part(string name) => Document[name] as JsonObject ?? [];

    /// <summary>Input tensors under a prefix, without it: Under("net.") are the weights.</summary>
    public Dictionary<string, Tensor> Under(string prefix) => Input
        .Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

    /// <exception cref="InvalidDataException">A file is missing or unsound.</exception>
    public static GoldenCase Load(string folder, Device device)
    {
        var document = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))) as JsonObject
            ?? throw new InvalidDataException($"{folder}/case.json is no object");
        return new GoldenCase
        {
            Id = (string?)document["id"] ?? Path.GetFileName(folder),
            Kind = (string?)document["kind"] ?? throw new InvalidDataException($"{folder}/case.json has no kind"),
            Document = document,
            Device = device,
            Input = Read("input"),
            Expected = Read("expected"),
        };

        Dictionary<string, Tensor> Read(string name) => Safetensors.Read(Path.Combine(folder, $"{name}.safetensors"))
            .ToDictionary(t => t.Key, t => (t.Value.dtype.IsFloat() ? t.Value.to(DType.Float64) : t.Value).to(device));
    }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Evaluations;

/// <summary>What <c>request.json</c> says of every job that tries a checkpoint on images.</summary>
public abstract record SubjectRequest : Options
{
    [Description("Folder of the checkpoint, absolute or relative to the data directory.")]
    public required string Checkpoint { get; init; }

    [Description("Data set, by its id.")]
    public required string Data { get; init; }

    [Advanced, Description("Version of the data set; absent: the newest.")]
    public string? Version { get; init; }

    [Description("Which part of the data set: test or train.")]
    public Split Split { get; init; } = Split.Test;

    [Description("Only this group of the test split, such as fog/3 of CIFAR-10-C, or all groups below a name, such as fog; absent: all.")]
    public string? Group { get; init; }

    [Range(1, int.MaxValue), Unit("images"), Description("Only so many images, drawn by the seed; absent: all.")]
    public int? Limit { get; init; }

    [Range(1, 65_536), Advanced, Unit("images"), Description("Images attacked at once.")]
    public int BatchSize { get; init; } = 128;

    [Advanced, Description("auto, cpu, cuda or cuda:N.")]
    [RegularExpression("auto|cpu|cuda(:[0-9]+)?")]
    public string Device { get; init; } = "auto";

    [Range(0, int.MaxValue), Description("Seed of the subset and of every draw of the attacks.")]
    public int Seed { get; init; }

    /// <summary>Reads and checks a request.</summary>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: every finding with its path.</exception>
    public static T Read<T>(string path)
        where T : SubjectRequest
    {
        if (!File.Exists(path)) throw new JobFailure(FailureCode.BadRecipe, $"{path} is missing");
        try
        {
            var node = JsonNode.Parse(File.ReadAllText(path));
            var findings = Validation.Check(node, typeof(T));
            if (findings.Count > 0) throw Bad(findings);
            var request = node.Deserialize<T>(OptionsJson.Canonical)!;
            findings = [.. Validation.Rules(request, o => o.Check())];
            return findings.Count > 0 ? throw Bad(findings) : request;
        }
        catch (JsonException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"{path} is not JSON: {e.Message}");
        }
    }

    public void Write(string path) => Durable.Replace(path, JsonSerializer.SerializeToUtf8Bytes(this, GetType(), OptionsJson.Readable));

    private static JobFailure Bad(IEnumerable<Finding> findings) =>
        new(FailureCode.BadRecipe, string.Join("; ", findings.Select(f => $"{f.Path}: {f.Message}")));
}

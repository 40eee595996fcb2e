using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;

namespace WebLab.Web.Runs;

/// <summary>Names of a data set's classes, from its manifest.</summary>
public static class ClassNames
{
    /// <summary>Of the data set that a frozen recipe names; empty when it is not here.</summary>
    public static async Task<IReadOnlyList<string>> Of(LabContext read, JsonNode recipe, CancellationToken cancel)
    {
        var data = recipe["data"];
        var (id, version) = (data?["id"]?.GetValue<string>(), data?["version"]?.GetValue<string>());
        var manifest = await read.DatasetVersions.Where(v => v.DatasetId == id && (version == null || v.Name == version))
            .OrderByDescending(v => v.CreatedAt).Select(v => v.ManifestJson).FirstOrDefaultAsync(cancel);
        return manifest is null ? [] : Read(manifest);
    }

    /// <summary>The <c>classes</c> of a manifest.</summary>
    public static IReadOnlyList<string> Read(string manifestJson) =>
        JsonNode.Parse(manifestJson)?["classes"] is JsonArray classes
            ? [.. classes.Select(c => c is JsonValue name && name.GetValueKind() == JsonValueKind.String ? name.GetValue<string>() : c?["name"]?.GetValue<string>() ?? "")]
            : [];
}

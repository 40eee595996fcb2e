using System.Text.Json.Nodes;
using WebLab.Api.Datasets;
using WebLab.Api.Http;

namespace WebLab.Web.Runs;

/// <summary>Names of a data set's classes.</summary>
public static class ClassNames
{
    /// <summary>Of the data set that a frozen recipe or request names; empty when it is not here any more.</summary>
    public static IReadOnlyList<string> Of(DatasetService datasets, JsonNode request)
    {
        // A request names the data set beside its version, a recipe has a section for it.
        var data = request["data"] is JsonObject section ? section : new JsonObject { ["id"] = (string?)request["data"], ["version"] = (string?)request["version"] };
        try
        {
            return [.. datasets.Get((string?)data?["id"] ?? "", (string?)data?["version"]).Classes.Select(c => c.Name)];
        }
        catch (Refusal)
        {
            return [];
        }
    }
}

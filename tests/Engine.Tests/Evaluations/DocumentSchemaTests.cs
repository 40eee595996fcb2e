using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class DocumentSchemaTests
{
    // WEBLAB_WRITE_DOCS=1 writes it anew.
    [Fact]
    public void The_published_schema_is_that_of_the_document()
    {
        var schema = (JsonObject)JsonSchemaExporter.GetJsonSchemaAsNode(new JsonSerializerOptions(JobJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }, typeof(EvaluationDocument));
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "An evaluation of WebLab, as weblab verify reads it");
        var text = schema.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        var path = Page();
        if (Environment.GetEnvironmentVariable("WEBLAB_WRITE_DOCS") == "1") File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static string Page([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "../../../docs/evaluation.schema.json");
}

using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Evaluations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;
using Xunit;

namespace WebLab.Api.Tests.Evaluations;

public sealed class EvaluationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weblab-outcomes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Names => [.. Batteries.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_battery_that_ships_is_valid(string name)
    {
        var node = new JsonObject { ["checkpoint"] = "runs/x", ["data"] = "shapes32", ["attacks"] = Batteries.Find(name) };
        Assert.Empty(Validation.Check(node, typeof(EvaluationRequest)));
        Assert.Empty(Validation.Rules(node.Deserialize<EvaluationRequest>(OptionsJson.Canonical)!, o => o.Check()));
    }

    [Fact]
    public void Columns_of_an_outcome_file_are_read()
    {
        var path = Write("""{"index":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"pgd10.broken":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]},"pgd10.l2":{"dtype":"F32","shape":[2],"data_offsets":[18,26]}}""",
            [.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(9L), 1, 0, .. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(2f)]);
        var table = OutcomeTable.Read(path);
        Assert.Equal(["pgd10"], table.Attacks);
        Assert.Equal([7, 9], table.Integers("index"));
        Assert.Equal([true, false], table.Flags("pgd10.broken"));
        Assert.Equal([0.5f, 2f], table.Numbers("pgd10.l2"));
    }

    [Theory]
    [InlineData("""{"index":{"dtype":"I64","shape":[2],"data_offsets":[0,99]}}""")]
    [InlineData("""{"index":{"dtype":"I64","shape":[2],"data_offsets":[8,0]}}""")]
    public void A_column_outside_the_file_is_refused(string header) => Assert.Throws<InvalidDataException>(() => OutcomeTable.Read(Write(header, new byte[16])));

    private string Write(string header, byte[] data)
    {
        var path = Path.Combine(_folder, "outcomes.safetensors");
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(header));
        File.WriteAllBytes(path, [.. length, .. Encoding.UTF8.GetBytes(header), .. data]);
        return path;
    }
}

using System.Buffers.Binary;
using System.Text;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Torch;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"weblab-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Every_type_comes_back_as_it_was_written()
    {
        using var scope = Scope.Enter();
        var tensors = Enum.GetValues<DType>().ToDictionary(t => $"t.{t}", t => Ops.arange(6).to(t).reshape(2, 3));
        tensors.Add("scalar", Tensor.Of(2.5));
        tensors.Add("empty", Ops.zeros([0, 4]));
        tensors.Add("strided", Ops.arange(6).reshape(2, 3).t());
        Safetensors.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });

        var read = Safetensors.Read(path);
        Assert.Equal(tensors.Keys.Order(), read.Keys.Order());
        foreach (var (name, tensor) in tensors)
        {
            Assert.Equal(tensor.dtype, read[name].dtype);
            Assert.Equal(tensor.shape, read[name].shape);
            Assert.True(tensor.equal(read[name]), name);
        }
        Assert.Equal("pt", Safetensors.ReadHeader(path).Metadata["format"]);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "stands twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "dtype stands twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "data_offsets holds something")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "shape holds something")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "want 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "neither overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "nor leave holes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "takes 12 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "begin at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "only 4 bytes follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "but 9 bytes follow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,0]}}""", 0, "shape holds something")]
    [InlineData("""{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, "C64")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "wants dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", 8, "unknown field")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "__metadata__.k")]
    [InlineData("""[]""", 0, "want StartObject")]
    [InlineData("""{"a":""", 0, "header")]
    [InlineData("""{} x""", 0, "header")]
    public void A_crooked_header_is_refused_with_its_reason(string json, long data, string reason)
    {
        var e = Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), data));
        Assert.Contains(reason, e.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData((1UL << 20) + 1)]
    [InlineData(100UL)]
    public void A_header_longer_than_allowed_or_than_the_file_is_refused(ulong length)
    {
        var bytes = new byte[20];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(path, bytes);
        Assert.Contains($"{length} bytes", Assert.Throws<InvalidDataException>(() => Safetensors.Read(path, SafetensorsHeader.ImportLimit)).Message);
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_nothing_else()
    {
        using var scope = Scope.Enter();
        Safetensors.Write(path, new Dictionary<string, Tensor>
        {
            ["conv1.weight"] = Ops.ones([4, 3, 3, 3]), ["bn.count"] = Tensor.Of(7L), ["mask"] = Ops.ones([5], DType.Bool), ["half"] = Ops.ones([3], DType.BFloat16),
        });
        var sound = File.ReadAllBytes(path);
        var chance = new System.Random(17);
        var refused = 0;
        for (var round = 0; round < 1500; round++)
        {
            File.WriteAllBytes(path, Damage(sound, chance));
            using var inner = Scope.Enter();
            try
            {
                var read = Safetensors.Read(path, SafetensorsHeader.ImportLimit);
                Assert.True(read.Values.Sum(t => t.numel() * t.dtype.Size()) <= sound.Length + 64);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 500, 1500);
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file()
    {
        using var scope = Scope.Enter();
        Safetensors.Write(path, new Dictionary<string, Tensor> { ["a"] = Ops.ones([2]) });
        var closed = Ops.ones([2]);
        var parts = new Dictionary<string, Tensor> { ["a"] = Ops.zeros([2]), ["b"] = closed };
        Assert.ThrowsAny<Exception>(() => Safetensors.Write(path, Poisoned(parts, closed)));
        Assert.Equal([1, 1], Safetensors.Read(path)["a"].ToArray<float>());
        Assert.False(File.Exists(path + ".next"));
    }

    // Ends a tensor's life while the header is being made.
    private static IEnumerable<KeyValuePair<string, Tensor>> Poisoned(Dictionary<string, Tensor> parts, Tensor victim)
    {
        foreach (var part in parts)
            yield return part;
        victim.Dispose();
    }

    // Flips bytes, changes digits of the header, cuts, or appends.
    private static byte[] Damage(byte[] sound, System.Random chance)
    {
        var bytes = (byte[])sound.Clone();
        var header = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        switch (chance.Next(5))
        {
            case 0:
                bytes[chance.Next(8 + header)] ^= (byte)(1 << chance.Next(8));
                return bytes;
            case 1:
                for (var k = chance.Next(1, 4); k > 0; k--)
                    bytes[8 + chance.Next(header)] = (byte)chance.Next(256);
                return bytes;
            case 2:
                var digits = Enumerable.Range(8, header).Where(k => char.IsAsciiDigit((char)bytes[k])).ToArray();
                bytes[digits[chance.Next(digits.Length)]] = (byte)"0123456789-e."[chance.Next(13)];
                return bytes;
            case 3:
                return bytes[..chance.Next(bytes.Length)];
            default:
                return [.. bytes, .. new byte[chance.Next(1, 64)]];
        }
    }
}

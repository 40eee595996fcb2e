using System.Buffers.Binary;
using System.Text;
using WebLab.Engine.Lab;

namespace WebLab.Engine.Tests.Lab;

public sealed class NpyFileTests
{
    [Theory]
    [InlineData("(6,)", 6)]
    [InlineData("(3, 2)", 3, 2)]
    [InlineData("(3, 2, 1)", 3, 2, 1)]
    public void Header_and_numbers_stand_where_numpy_looks_for_them(string shape, params int[] sizes)
    {
        var bytes = NpyFile.Encode([0, 1, 2, 3, 4, 5.5f], sizes);
        var header = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, (10 + header) % 64);
        Assert.Equal($"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", Encoding.Latin1.GetString(bytes, 10, header).TrimEnd());
        Assert.Equal((byte)'\n', bytes[9 + header]);
        Assert.Equal(5.5f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(bytes.Length - 4)));
        Assert.Equal(10 + header + 24, bytes.Length);
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused() => Assert.Throws<ArgumentException>(() => NpyFile.Encode([1, 2], 3));
}

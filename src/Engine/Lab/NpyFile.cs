using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace WebLab.Engine.Lab;

/// <summary>NumPy's file format (.npy, version 1): one array of float32 in C order.</summary>
/// <remarks>
/// NumPy Enhancement Proposal 1: 0x93 "NUMPY", version, length of the header in 16 bits, the header padded by spaces to a multiple of 64
/// bytes in all and ended by a line feed, then the numbers.
/// </remarks>
public static class NpyFile
{
    private const int Aligned = 64, Fixed = 10;

    /// <param name="values">As many as the shape says.</param>
    public static byte[] Encode(ReadOnlySpan<float> values, params IReadOnlyList<int> shape)
    {
        if (shape.Aggregate(1L, (a, d) => a * d) != values.Length)
            throw new ArgumentException($"shape {string.Join(" x ", shape)} wants other than {values.Length} values", nameof(shape));
        var sizes = string.Join(", ", shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
        var text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}{(shape.Count == 1 ? "," : "")}), }}";
        var length = (Fixed + text.Length + 1 + Aligned - 1) / Aligned * Aligned - Fixed;
        var header = Encoding.Latin1.GetBytes(text.PadRight(length - 1) + "\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. header, .. MemoryMarshal.AsBytes(values)];
    }
}

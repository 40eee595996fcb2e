namespace WebLab.Engine.Torch;

/// <summary>What libtorch refused, with the operator and the shapes it was given.</summary>
public sealed class TorchException : Exception
{
    /// <param name="said">libtorch's message; its C++ frames are cut off.</param>
    /// <param name="outOfMemory">Whether memory, of the machine or of the device, ran out.</param>
    /// <param name="call">The operator and its arguments, as `aten::add(float32 [2, 3], 1)`.</param>
    public TorchException(string said, bool outOfMemory = false, string? call = null)
        : base(call is null ? FirstLines(said) : $"{call}: {FirstLines(said)}") => OutOfMemory = outOfMemory;

    /// <summary>Whether memory, of the machine or of the device, ran out.</summary>
    public bool OutOfMemory { get; }

    private static string FirstLines(string said)
    {
        var end = said.IndexOf("\nException raised from", StringComparison.Ordinal);
        var text = end < 0 ? said : said[..end];
        return string.Join('\n', text.Split('\n').Take(6)).Trim();
    }
}

namespace WebLab.Engine.Data;

/// <summary>An import cannot be done. Nothing of it is kept.</summary>
public sealed class DatasetRefused(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of the constants below.</summary>
    public string Code { get; } = code;

    /// <summary>The archive itself is broken or hostile: truncated, links, unsafe or double names, a bomb.</summary>
    public const string BadArchive = "bad-archive";

    /// <summary>A file inside is not what the layout says: size, magic, label out of range.</summary>
    public const string BadFile = "bad-file";

    /// <summary>A file that the layout needs is not there.</summary>
    public const string MissingFile = "missing-file";

    /// <summary>More bytes, files or classes than the limits allow.</summary>
    public const string TooLarge = "too-large";

    /// <summary>An id, size or kind that cannot be.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>The official archive could not be fetched.</summary>
    public const string Unreachable = "unreachable";

    internal static DatasetRefused Archive(string message, Exception? inner = null) => new(BadArchive, message, inner);

    internal static DatasetRefused File(string message, Exception? inner = null) => new(BadFile, message, inner);

    internal static DatasetRefused Missing(string message) => new(MissingFile, message);

    internal static DatasetRefused Large(string message) => new(TooLarge, message);

    internal static DatasetRefused Request(string message) => new(BadRequest, message);
}

namespace WebLab.Engine.Images;

/// <summary>A file is not an image that can be taken.</summary>
public sealed class ImageRefused(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of the constants below.</summary>
    public string Code { get; } = code;

    /// <summary>No image, or a format that is not read: HTTP 415.</summary>
    public const string Unsupported = "unsupported";

    /// <summary>Broken or cut off: HTTP 422.</summary>
    public const string Malformed = "malformed";

    /// <summary>More bytes, pixels or frames than the limits allow: HTTP 422.</summary>
    public const string TooLarge = "too-large";

    /// <summary>The decoder took too long or too much memory and was ended: HTTP 422.</summary>
    public const string TooCostly = "too-costly";

    /// <summary>The decoder itself is missing or broken: HTTP 500.</summary>
    public const string Unavailable = "unavailable";

    internal static ImageRefused Kind(string message) => new(Unsupported, message);

    internal static ImageRefused Broken(string message, Exception? inner = null) => new(Malformed, message, inner);

    internal static ImageRefused Large(string message) => new(TooLarge, message);
}

namespace WebLab.Api.Store;

/// <summary>New ids: UUIDv7 strings, so that ids sort by time.</summary>
public sealed class Ids(TimeProvider time)
{
    public string Next() => Guid.CreateVersion7(time.GetUtcNow()).ToString();

    /// <summary>Whether a string from outside can be an id of ours.</summary>
    public static bool IsId(string text) => Guid.TryParseExact(text, "D", out _);
}

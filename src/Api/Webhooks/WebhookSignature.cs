using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WebLab.Api.Webhooks;

/// <summary>
/// The header <c>WebLab-Signature: t=UNIX,v1=HEX</c>: HMAC-SHA-256 with the webhook's secret over the time, a full stop and the body, byte
/// for byte. The time is part of it, so that a message that somebody caught cannot be played again later.
/// </summary>
public static class WebhookSignature
{
    public const string Header = "WebLab-Signature";

    /// <summary>How far a message's time may lie from the receiver's clock.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>The header's value.</summary>
    public static string Sign(string secret, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(Mac(secret, seconds, body))}");
    }

    /// <summary>As a receiver does it: the signature fits, and the time lies within <see cref="Window"/> of now.</summary>
    public static bool Fits(string secret, string? header, string body, DateTimeOffset now)
    {
        var parts = (header ?? "").Split(',').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToLookup(p => p[0].Trim(), p => p[1].Trim());
        if (!long.TryParse(parts["t"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - seconds) > Window.TotalSeconds) return false;
        var mac = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Mac(secret, seconds, body)));
        return parts["v1"].Any(v => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(v), mac));
    }

    private static byte[] Mac(string secret, long seconds, string body) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.{body}")));
}

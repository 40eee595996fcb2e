using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace WebLab.Api.Accounts;

/// <summary>The secret of the start link. It lives in memory only, is printed once to the terminal, and is worth nothing once an account exists.</summary>
public sealed class SetupToken
{
    /// <summary>43 characters, 256 bits. For the terminal alone.</summary>
    public string Value { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public bool Fits(string token) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(Value)));
}

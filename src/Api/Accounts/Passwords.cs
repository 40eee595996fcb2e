using System.Security.Cryptography;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>PBKDF2 with HMAC-SHA-512 (OWASP Password Storage Cheat Sheet: at least 210,000 rounds), kept as <c>pbkdf2-sha512$rounds$salt$hash</c>.</summary>
public sealed class Passwords
{
    public const int Rounds = 210_000, MinLength = 12, MaxLength = 256;
    private const string Scheme = "pbkdf2-sha512";

    private readonly string _nobody = Hash(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"{Scheme}${Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt, Rounds))}";
    }

    /// <summary>Takes as long for a name that does not exist (<paramref name="stored"/> null) as for one that does.</summary>
    public bool Fits(string? stored, string password)
    {
        var parts = (stored ?? _nobody).Split('$');
        if (parts.Length != 4 || parts[0] != Scheme)
            return false;
        var hash = Derive(password, Convert.FromBase64String(parts[2]), int.Parse(parts[1]));
        return CryptographicOperations.FixedTimeEquals(hash, Convert.FromBase64String(parts[3])) && stored is not null;
    }

    /// <summary>Refuses what is too short, too long or the user's own name.</summary>
    /// <param name="path">The field that the answer names.</param>
    public static void Check(string password, string userName, string path)
    {
        if (password.Length is < MinLength or > MaxLength)
            throw Refusal.Invalid(path, $"wanted {MinLength} to {MaxLength} characters, got {password.Length}");
        if (password.Distinct().Count() < 5)
            throw Refusal.Invalid(path, "wanted at least 5 different characters");
        if (password.Contains(userName, StringComparison.OrdinalIgnoreCase))
            throw Refusal.Invalid(path, "contains the user name");
    }

    private static byte[] Derive(string password, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, rounds, HashAlgorithmName.SHA512, 32);
}

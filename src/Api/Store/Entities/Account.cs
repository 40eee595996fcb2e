namespace WebLab.Api.Store.Entities;

public enum UserRole { Viewer, Researcher, Admin }

public sealed class User
{
    public required string Id { get; init; }

    /// <summary>Sign-in name, unique without regard to case.</summary>
    public required string Name { get; set; }
    public required string PasswordHash { get; set; }
    public UserRole Role { get; set; }

    /// <summary>Changes with the password or role; older sessions end.</summary>
    public required string SecurityStamp { get; set; }
    public int FailedSignIns { get; set; }
    public DateTimeOffset? LockedUntil { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? LastSeenAt { get; set; }
    public DateTimeOffset? DisabledAt { get; set; }
    public string PreferencesJson { get; set; } = "{}";
    public long Version { get; set; } = 1;
}

public sealed class ApiKey
{
    public required string Id { get; init; }
    public required string UserId { get; init; }
    public required string Name { get; set; }

    /// <summary>First characters of the key, shown so that its owner can tell keys apart.</summary>
    public required string Prefix { get; init; }

    /// <summary>SHA-256 of the secret (32 random bytes).</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>Space-separated.</summary>
    public string Scopes { get; set; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>The stored reply to a POST that carried an Idempotency-Key. <see cref="Status"/> is null while the first call is in flight.</summary>
public sealed class IdempotencyRecord
{
    public required string UserId { get; init; }
    public required string Route { get; init; }
    public required string Key { get; init; }
    public required string BodyHash { get; init; }
    public int? Status { get; set; }
    public string? ContentType { get; set; }
    public string? HeadersJson { get; set; }
    public byte[]? Response { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; set; }
}

public sealed class AuditEntry
{
    public required string Id { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
    public string? Address { get; init; }
    public required string Action { get; init; }
    public required string Target { get; init; }
    public string? Detail { get; init; }
}

/// <summary>Uploaded images for interactive attacks; expires with its files under <c>lab/ID</c>.</summary>
public sealed class LabSession
{
    public required string Id { get; init; }
    public string? UserId { get; init; }
    public string ImagesJson { get; set; } = "[]";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>One small fact about the installation, such as whether the queue is paused.</summary>
public sealed class Setting
{
    public required string Key { get; init; }
    public required string Value { get; set; }
}

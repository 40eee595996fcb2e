using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>A key as its owner sees it; the secret is not part of it.</summary>
public sealed record ApiKeyView(string Id, string Name, string Prefix, IReadOnlyList<string> Scopes, string UserId, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>A new key with its secret, which is never shown again.</summary>
/// <param name="Secret">Send it as <c>Authorization: Bearer wl_…</c>.</param>
public sealed record NewApiKey(ApiKeyView Key, string Secret);

/// <summary>What to make.</summary>
/// <param name="Name">1 to 80 characters; for people.</param>
/// <param name="Scopes">Some of <c>read</c>, <c>write</c>, <c>admin</c>; never more than the caller has. <c>read</c> is always part of it.</param>
/// <param name="ExpiresAt">Null for a key without an end.</param>
public sealed record ApiKeyRequest(string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt = null);

/// <summary>API keys: <c>wl_</c> and 32 random bytes; stored are the first characters and the SHA-256.</summary>
public sealed class ApiKeys(LabStore store, Audit audit, Ids ids, TimeProvider time)
{
    public const string Start = "wl_";
    private const int PrefixLength = 8;
    private static readonly TimeSpan UseNoted = TimeSpan.FromMinutes(1);

    public async Task<NewApiKey> Create(ApiKeyRequest request, string userId, IReadOnlyCollection<string> callersScopes, Actor actor, CancellationToken cancel)
    {
        Check(request, callersScopes);
        var secret = Start + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var key = new ApiKey
        {
            Id = ids.Next(),
            UserId = userId,
            Name = request.Name.Trim(),
            Prefix = secret.Substring(Start.Length, PrefixLength),
            SecretHash = Hash(secret),
            Scopes = string.Join(' ', Access.Scopes.Where(s => s == Access.Read || request.Scopes.Contains(s))),
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = request.ExpiresAt,
        };
        await store.Write(rows =>
        {
            rows.ApiKeys.Add(key);
            audit.Add(rows, actor, "api-key.create", $"api-key:{key.Id}", $"{key.Name} ({key.Scopes})");
        }, cancel);
        return new NewApiKey(View(key), secret);
    }

    /// <summary>Keys of one user, or of all when <paramref name="userId"/> is null, newest first.</summary>
    public async Task<Page<ApiKeyView>> List(string? userId, PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var keys = await rows.ApiKeys.Where(k => (userId == null || k.UserId == userId) && (page.After == null || string.Compare(k.Id, page.After) < 0))
            .OrderByDescending(k => k.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut([.. keys.Select(View)], k => k.Id);
    }

    /// <summary>Revokes a key for good; again is no error.</summary>
    /// <param name="userId">Whose keys may be revoked; null for anybody's.</param>
    public Task Revoke(string id, string? userId, Actor actor, CancellationToken cancel) => store.Write(rows =>
    {
        var key = rows.ApiKeys.Find(id);
        if (key is null || (userId is not null && key.UserId != userId))
            throw Refusal.NotFound("API key", id);
        if (key.RevokedAt is not null)
            return;
        key.RevokedAt = time.GetUtcNow();
        audit.Add(rows, actor, "api-key.revoke", $"api-key:{key.Id}", key.Name);
    }, cancel);

    /// <summary>The caller that a secret stands for, or null.</summary>
    public async Task<ClaimsPrincipal?> Find(string secret, CancellationToken cancel)
    {
        if (!secret.StartsWith(Start, StringComparison.Ordinal) || secret.Length is < 40 or > 64)
            return null;
        var (prefix, hash, now) = (secret.Substring(Start.Length, PrefixLength), Hash(secret), time.GetUtcNow());
        await using var rows = store.Read();
        var key = (await rows.ApiKeys.Where(k => k.Prefix == prefix).ToListAsync(cancel))
            .FirstOrDefault(k => CryptographicOperations.FixedTimeEquals(k.SecretHash, hash));
        if (key is null || key.RevokedAt is not null || key.ExpiresAt <= now)
            return null;
        var user = await rows.Users.FirstOrDefaultAsync(u => u.Id == key.UserId, cancel);
        if (user is not { DisabledAt: null })
            return null;
        if (key.LastUsedAt is null || now - key.LastUsedAt > UseNoted)
            await store.Write(c => { c.ApiKeys.Find(key.Id)!.LastUsedAt = now; }, cancel);
        return Access.Principal(user, Access.ScopesOf(user.Role).Intersect(key.Scopes.Split(' ')), Access.KeyScheme, key.Id);
    }

    private void Check(ApiKeyRequest request, IReadOnlyCollection<string> callersScopes)
    {
        var wrong = new List<(string, string)>();
        if (request.Name.Trim().Length is 0 or > 80)
            wrong.Add(("name", $"wanted 1 to 80 characters, got {request.Name.Trim().Length}"));
        for (var i = 0; i < request.Scopes.Count; i++)
        {
            if (!Access.Scopes.Contains(request.Scopes[i]))
                wrong.Add(($"scopes[{i}]", $"'{request.Scopes[i]}' is unknown; wanted read, write or admin"));
            else if (!callersScopes.Contains(request.Scopes[i]))
                wrong.Add(($"scopes[{i}]", $"you do not have '{request.Scopes[i]}' yourself"));
        }
        if (request.ExpiresAt <= time.GetUtcNow())
            wrong.Add(("expiresAt", "lies in the past"));
        if (wrong.Count > 0)
            throw Refusal.Invalid(wrong);
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static ApiKeyView View(ApiKey k) =>
        new(k.Id, k.Name, Start + k.Prefix, k.Scopes.Split(' '), k.UserId, k.CreatedAt, k.ExpiresAt, k.LastUsedAt, k.RevokedAt);
}

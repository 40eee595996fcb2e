using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>Making the first account, and exchanging name and password for the user they belong to.</summary>
public sealed class SignIns(LabStore store, Passwords passwords, SetupToken token, SignInThrottle throttle, Audit audit, Ids ids, TimeProvider time)
{
    /// <summary>Wrong passwords in a row after which an account takes none for <see cref="Lock"/>.</summary>
    public const int MaxFailures = 10;
    public static readonly TimeSpan Lock = TimeSpan.FromMinutes(15);

    // Names that do not exist lock as well, or the answer would tell which ones do.
    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset? Until)> _unknown = new(StringComparer.OrdinalIgnoreCase);

    public async Task<bool> SetupIsOpen(CancellationToken cancel)
    {
        await using var rows = store.Read();
        return !await rows.Users.AnyAsync(cancel);
    }

    /// <summary>Makes the first administrator; of any number of callers exactly one succeeds.</summary>
    public async Task<User> SetUp(string offered, string name, string password, string? address, CancellationToken cancel)
    {
        throttle.Enter(address, "(setup)");
        Users.CheckName(name, "name");
        Passwords.Check(password, name, "password");
        if (!await SetupIsOpen(cancel))
            throw SetupIsOver();
        if (!token.Fits(offered))
            throw Refusal.Of(ProblemKinds.Forbidden, [("token", "is not the one of this start; use the link that the terminal shows")]);
        var user = Users.Make(ids, time, name, Passwords.Hash(password), UserRole.Admin);
        return await store.Write(rows =>
        {
            if (rows.Users.Any())
                throw SetupIsOver();
            rows.Users.Add(user);
            audit.Add(rows, new Actor(name, address), "setup", $"user:{user.Id}");
            return user;
        }, cancel);
    }

    /// <summary>The user whose name and password these are.</summary>
    public async Task<User> Verify(string name, string password, string? address, CancellationToken cancel)
    {
        throttle.Enter(address, name);
        var now = time.GetUtcNow();
        await using var rows = store.Read();
        var user = await rows.Users.FirstOrDefaultAsync(u => u.Name == name, cancel);
        var locked = user is null ? _unknown.GetValueOrDefault(name).Until : user.LockedUntil;
        if (locked > now)
            throw new Refusal(ProblemKinds.LockedOut, $"{MaxFailures} wrong passwords in a row; wait") { RetryAfter = locked - now };
        if (!passwords.Fits(user?.PasswordHash, password.Length <= Passwords.MaxLength ? password : ""))
        {
            await Fail(user, name, address, now, cancel);
            throw new Refusal(ProblemKinds.SignInFailed, "check both and try again");
        }
        if (user!.DisabledAt is not null)
            throw new Refusal(ProblemKinds.SignInFailed, "check both and try again");
        await store.Write(c =>
        {
            var row = c.Users.Find(user.Id)!;
            (row.FailedSignIns, row.LockedUntil, row.LastSeenAt) = (0, null, now);
            audit.Add(c, new Actor(user.Name, address), "sign-in", $"user:{user.Id}");
        }, cancel);
        return user;
    }

    private Task Fail(User? user, string name, string? address, DateTimeOffset now, CancellationToken cancel)
    {
        if (user is null)
        {
            if (_unknown.Count > 10_000)
                _unknown.Clear();
            _unknown.AddOrUpdate(name, _ => (1, null), (_, c) => c.Failures + 1 >= MaxFailures ? (0, now + Lock) : (c.Failures + 1, null));
            return Task.CompletedTask;
        }
        return store.Write(c =>
        {
            var row = c.Users.Find(user.Id)!;
            if (++row.FailedSignIns < MaxFailures)
                return;
            (row.FailedSignIns, row.LockedUntil) = (0, now + Lock);
            audit.Add(c, new Actor(user.Name, address), "locked-out", $"user:{user.Id}");
        }, cancel);
    }

    private static Refusal SetupIsOver() => new(ProblemKinds.Conflict, "an account exists already; sign in");
}

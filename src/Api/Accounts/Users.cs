using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>A person with an account.</summary>
public sealed record UserView(string Id, string Name, UserRole Role, bool Disabled, DateTimeOffset CreatedAt, DateTimeOffset? LastSeenAt);

/// <summary>A new account.</summary>
/// <param name="Name">1 to 64 letters, digits and <c>. _ - @</c>; unique without regard to case.</param>
/// <param name="Password">At least 12 characters; the person changes it after signing in.</param>
/// <param name="Role">viewer, researcher or admin.</param>
public sealed record UserRequest(string Name, string Password, UserRole Role);

/// <summary>What to change; what is absent stays.</summary>
public sealed record UserPatch(UserRole? Role = null, bool? Disabled = null, string? Password = null);

/// <summary>Accounts, for administrators. There is always at least one administrator who can sign in.</summary>
public sealed class Users(LabStore store, Passwords passwords, Audit audit, Ids ids, TimeProvider time)
{
    public async Task<Page<UserView>> List(PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var users = await rows.Users.Where(u => page.After == null || string.Compare(u.Id, page.After) > 0)
            .OrderBy(u => u.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut([.. users.Select(View)], u => u.Id);
    }

    /// <returns>The user and the version that ETags carry.</returns>
    public async Task<(UserView User, string Version)> Get(string id, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var user = await rows.Users.FirstOrDefaultAsync(u => u.Id == id, cancel) ?? throw Refusal.NotFound("user", id);
        return (View(user), user.Version.ToString());
    }

    public async Task<(UserView User, string Version)> Create(UserRequest request, Actor actor, CancellationToken cancel)
    {
        CheckName(request.Name, "name");
        Passwords.Check(request.Password, request.Name, "password");
        var user = Make(ids, time, request.Name, Passwords.Hash(request.Password), request.Role);
        return await store.Write(rows =>
        {
            if (rows.Users.Any(u => u.Name == request.Name))
                throw Refusal.Of(ProblemKinds.Conflict, [("name", $"'{request.Name}' is taken")]);
            rows.Users.Add(user);
            audit.Add(rows, actor, "user.create", $"user:{user.Id}", $"{user.Name} as {user.Role}");
            return (View(user), user.Version.ToString());
        }, cancel);
    }

    public Task<(UserView User, string Version)> Change(string id, UserPatch patch, IfMatch ifMatch, Actor actor, CancellationToken cancel)
    {
        var hash = patch.Password is { } p ? Passwords.Hash(p) : null;
        return store.Write(rows =>
        {
            var user = rows.Users.Find(id) ?? throw Refusal.NotFound("user", id);
            ifMatch.Require(user.Version.ToString());
            if (patch.Password is { } password)
            {
                Passwords.Check(password, user.Name, "password");
                (user.PasswordHash, user.LockedUntil, user.FailedSignIns) = (hash!, null, 0);
            }
            user.Role = patch.Role ?? user.Role;
            if (patch.Disabled is { } disabled)
                user.DisabledAt = disabled ? user.DisabledAt ?? time.GetUtcNow() : null;
            if (user.Role != UserRole.Admin || user.DisabledAt is not null)
                KeepOneAdmin(rows, user.Id);
            user.SecurityStamp = ids.Next();
            user.Version++;
            audit.Add(rows, actor, "user.change", $"user:{user.Id}",
                $"role={user.Role} disabled={user.DisabledAt is not null} password={(patch.Password is null ? "kept" : "new")}");
            return (View(user), user.Version.ToString());
        }, cancel);
    }

    /// <summary>Deletes an account with its keys; what it made stays.</summary>
    public Task Delete(string id, IfMatch ifMatch, Actor actor, CancellationToken cancel) => store.Write(rows =>
    {
        var user = rows.Users.Find(id) ?? throw Refusal.NotFound("user", id);
        ifMatch.Require(user.Version.ToString());
        KeepOneAdmin(rows, user.Id);
        rows.ApiKeys.RemoveRange(rows.ApiKeys.Where(k => k.UserId == id));
        rows.Users.Remove(user);
        audit.Add(rows, actor, "user.delete", $"user:{user.Id}", user.Name);
    }, cancel);

    /// <summary>A user's own change of password; every other session ends.</summary>
    public async Task<User> ChangePassword(string id, string current, string next, Actor actor, CancellationToken cancel)
    {
        await using var reading = store.Read();
        var known = await reading.Users.FirstOrDefaultAsync(u => u.Id == id, cancel) ?? throw Refusal.NotFound("user", id);
        if (!passwords.Fits(known.PasswordHash, current))
            throw Refusal.Invalid("current", "is not your password");
        Passwords.Check(next, known.Name, "password");
        var hash = Passwords.Hash(next);
        return await store.Write(rows =>
        {
            var user = rows.Users.Find(id) ?? throw Refusal.NotFound("user", id);
            (user.PasswordHash, user.SecurityStamp) = (hash, ids.Next());
            user.Version++;
            audit.Add(rows, actor, "user.password", $"user:{user.Id}");
            return user;
        }, cancel);
    }

    internal static User Make(Ids ids, TimeProvider time, string name, string hash, UserRole role) => new()
    {
        Id = ids.Next(),
        Name = name,
        PasswordHash = hash,
        Role = role,
        SecurityStamp = ids.Next(),
        CreatedAt = time.GetUtcNow(),
    };

    internal static void CheckName(string name, string path)
    {
        if (name.Length is 0 or > 64 || !name.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '@'))
            throw Refusal.Invalid(path, "wanted 1 to 64 letters, digits and . _ - @");
    }

    private static void KeepOneAdmin(LabContext rows, string except)
    {
        if (!rows.Users.Any(u => u.Id != except && u.Role == UserRole.Admin && u.DisabledAt == null))
            throw new Refusal(ProblemKinds.Conflict, "this is the last administrator; make another one first");
    }

    private static UserView View(User u) => new(u.Id, u.Name, u.Role, u.DisabledAt is not null, u.CreatedAt, u.LastSeenAt);
}

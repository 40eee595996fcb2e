using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>A new name of one's own.</summary>
/// <param name="Name">1 to 64 letters, digits and <c>. _ - @</c>; unique without regard to case.</param>
public sealed record ProfilePatch(string Name);

/// <summary>What people change about their own account: the name and the preferences.</summary>
public sealed class Profiles(LabStore store, Audit audit)
{
    public async Task<Preferences> Preferences(string userId, CancellationToken cancel)
    {
        await using var rows = store.Read();
        return Accounts.Preferences.Read((await Find(rows, userId, cancel)).PreferencesJson);
    }

    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public Task<Preferences> Change(string userId, PreferencesPatch patch, CancellationToken cancel) => store.Write(rows =>
    {
        var user = rows.Users.Find(userId) ?? throw Refusal.NotFound("user", userId);
        var changed = Accounts.Preferences.Read(user.PreferencesJson).With(patch);
        user.PreferencesJson = changed.Write();
        return changed;
    }, cancel);

    /// <summary>Takes another name. Sessions go on; what was done before stays under the old name.</summary>
    /// <exception cref="Refusal">400; 409 where the name is taken.</exception>
    public Task<User> Rename(string userId, string name, Actor actor, CancellationToken cancel)
    {
        Users.CheckName(name, "name");
        return store.Write(rows =>
        {
            var user = rows.Users.Find(userId) ?? throw Refusal.NotFound("user", userId);
            if (rows.Users.Any(u => u.Name == name && u.Id != userId)) throw Refusal.Of(ProblemKinds.Conflict, [("name", $"'{name}' is taken")]);
            var former = user.Name;
            user.Name = name;
            user.Version++;
            audit.Add(rows, actor, "user.rename", $"user:{user.Id}", $"{former} -> {name}");
            return user;
        }, cancel);
    }

    private static async Task<User> Find(LabContext rows, string id, CancellationToken cancel) =>
        await rows.Users.FirstOrDefaultAsync(u => u.Id == id, cancel) ?? throw Refusal.NotFound("user", id);
}

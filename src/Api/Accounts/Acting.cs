namespace WebLab.Api.Accounts;

/// <summary>What somebody is doing right now, and whether the audit trail knows of it.</summary>
public sealed class Act(Actor actor)
{
    private volatile bool _noted;

    public Actor Actor { get; } = actor;

    /// <summary>Whether an entry of the trail tells of it already.</summary>
    public bool Noted => _noted;

    internal void Note() => _noted = true;
}

/// <summary>
/// Who acts in the present flow of control: set for every request that changes something and for every event of a page, absent in
/// background work. The store asks here, so that no change of a person goes unwritten whichever service makes it.
/// </summary>
public static class Acting
{
    private static readonly AsyncLocal<Act?> Flow = new();

    /// <summary>Null where the system itself acts.</summary>
    public static Act? Now => Flow.Value;

    /// <summary>From here on, in this flow of control alone.</summary>
    public static Act Begin(Actor actor) => Flow.Value = new Act(actor);
}

namespace WebLab.Engine.Lab;

/// <summary>Keeps at most so many of a sequence whose length nobody knows yet, evenly spaced from its first.</summary>
/// <param name="most">2 or more.</param>
public sealed class Reel<T>(int most)
{
    private readonly List<T> _kept = [];

    /// <summary>What is kept, in order.</summary>
    public IReadOnlyList<T> Kept => _kept;

    /// <summary>How many have passed.</summary>
    public int Seen { get; private set; }

    /// <summary>Every so many are kept; doubles whenever there are too many.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>Whether the next one would be kept.</summary>
    public bool Wants => Seen % Stride == 0;

    /// <summary>Passes the next one, which is <see cref="Wants">wanted</see>.</summary>
    public void Add(T item)
    {
        Seen++;
        _kept.Add(item);
        if (_kept.Count <= most) return;
        Stride *= 2;
        for (var k = 1; k < _kept.Count; k++) _kept.RemoveAt(k);
    }

    /// <summary>Passes one that is not wanted.</summary>
    public void Skip() => Seen++;
}

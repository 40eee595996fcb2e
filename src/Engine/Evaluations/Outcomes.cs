namespace WebLab.Engine.Evaluations;

/// <summary>What became of every image of an evaluation, column by column, N entries each.</summary>
/// <param name="Index">In the split, ascending.</param>
/// <param name="Label">True class.</param>
/// <param name="Predicted">Class before any attack.</param>
/// <param name="Attacks">In the order of the battery.</param>
public sealed record Outcomes(long[] Index, long[] Label, long[] Predicted, IReadOnlyList<AttackOutcomes> Attacks)
{
    /// <summary><see cref="First"/> of an image that was classified wrongly before any attack.</summary>
    public const int WrongAlready = -1;

    /// <summary><see cref="First"/> of an image that stood all attacks.</summary>
    public const int Stood = 0;

    private int[]? _first;

    // A copy with other columns works out anew who was first.
    private Outcomes(Outcomes other) => (Index, Label, Predicted, Attacks, Margin, Error) = (other.Index, other.Label, other.Predicted, other.Attacks, other.Margin, other.Error);

    public int Count => Index.Length;

    /// <summary>Margin of the clean image's logits, where the file has it.</summary>
    public float[]? Margin { get; init; }

    /// <summary>Images whose logits are not finite before any attack, where the file tells.</summary>
    public bool[]? Error { get; init; }

    /// <summary>Number, from 1, of the first attack that took the image; else <see cref="Stood"/> or <see cref="WrongAlready"/>.</summary>
    public IReadOnlyList<int> First => _first ??= FirstOf();

    /// <summary>Whether later attacks were spared the images that earlier ones had taken.</summary>
    public bool Cascade => Enumerable.Range(0, Count).Any(i => Right(i) && Attacks.Any(a => !a.Tried[i]));

    /// <summary>Whether the image was classified correctly before any attack.</summary>
    public bool Right(int i) => Label[i] == Predicted[i] && Error?[i] != true;

    /// <summary>Whether the image was classified correctly and the first attacks of the battery all failed on it.</summary>
    /// <param name="i">Row.</param>
    /// <param name="attacks">How many; absent: all.</param>
    public bool Stands(int i, int? attacks = null) => First[i] == Stood || (First[i] > 0 && First[i] > (attacks ?? int.MaxValue));

    /// <summary>Whether an attack was given the image and took it: it was classified correctly before and is not any more.</summary>
    public bool Took(int attack, int i) => Right(i) && Attacks[attack].Tried[i] && (Attacks[attack].Broken[i] || Attacks[attack].Error[i]);

    /// <summary>The class that is answered in the end: by the point of the first attack that took the image, else before any attack.</summary>
    public long Answer(int i) => First[i] > 0 ? Attacks[First[i] - 1].Predicted[i] : Predicted[i];

    /// <summary>Whether the first attack that took the image did so by numbers that are not finite; there is no answer then.</summary>
    public bool NoAnswer(int i) => First[i] > 0 && Attacks[First[i] - 1].Error[i];

    /// <summary>Number of an attack by its name.</summary>
    public int? Number(string attack) => Enumerable.Range(1, Attacks.Count).Cast<int?>().FirstOrDefault(n => Attacks[n!.Value - 1].Name == attack);

    private int[] FirstOf()
    {
        var first = new int[Count];
        for (var i = 0; i < first.Length; i++)
        {
            if (!Right(i)) first[i] = WrongAlready;
            for (var k = 0; k < Attacks.Count && first[i] == Stood; k++)
                if (Took(k, i)) first[i] = k + 1;
        }

        return first;
    }
}

/// <summary>What one attack did to each image; of images it was not given, the other columns mean nothing.</summary>
/// <param name="Name">Short and unique, such as <c>pgd20</c>.</param>
/// <param name="Tried">The attack was given the image.</param>
/// <param name="Broken">The label after is not the true one.</param>
/// <param name="Error">The network or its gradient was not finite.</param>
/// <param name="Predicted">Class after the attack.</param>
/// <param name="Linf">Largest change of a value, in [0,1].</param>
/// <param name="L2">Euclidean length of the change.</param>
/// <param name="L1">Sum of absolute changes.</param>
/// <param name="Forwards">Forward passes.</param>
/// <param name="Backwards">Backward passes.</param>
public sealed record AttackOutcomes(string Name, bool[] Tried, bool[] Broken, bool[] Error, long[] Predicted, float[] Linf, float[] L2, float[] L1, long[] Forwards, long[] Backwards)
{
    /// <summary>Margin of the logits after the attack, where the file has it.</summary>
    public float[]? Margin { get; init; }
}

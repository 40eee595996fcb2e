using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// How the classes of a data set lie in those of a network: by the classes' ids, or their names where they have none. A set with some of
/// the network's classes (ImageNet-A and -R: 200 of 1,000) is scored over these alone.
/// </summary>
/// <param name="Columns">The network's class of each class of the data set; null: the same in the same order.</param>
/// <param name="Note">What the log should say; null: nothing.</param>
public sealed record ClassMatch(long[]? Columns, string? Note)
{
    private const int Shown = 5;

    /// <exception cref="JobFailure"><c>bad-recipe</c>: the data set has a class that the network does not know.</exception>
    public static ClassMatch Of(CheckpointData model, DatasetManifest data)
    {
        var (known, asked) = (model.ClassIds ?? model.Classes, data.ClassIds ?? data.Classes);
        if (known.SequenceEqual(asked)) return new ClassMatch(null, null);
        var place = new Dictionary<string, long>();
        for (var k = 0; k < known.Count; k++) place.TryAdd(known[k], k);
        var strange = asked.Where(c => !place.ContainsKey(c)).ToArray();
        if (strange.Length == 0) return new ClassMatch([.. asked.Select(c => place[c])],
            $"'{data.Id}' has {asked.Count} of the network's {known.Count} classes; only these are scored.");
        // No name in common, as many classes: other words for the same, such as digits 0 to 9 and class folders a to j.
        if (strange.Length == asked.Count && asked.Count == known.Count) return new ClassMatch(null,
            $"the classes of '{data.Id}' have other names than the network's; they are taken in their order.");
        throw new JobFailure(FailureCode.BadRecipe, $"data: '{data.Id}' has {strange.Length} of {asked.Count} classes that the network was not trained on, " +
            $"such as '{strange[0]}'; it knows {known.Count}: {string.Join(", ", known.Take(Shown))}{(known.Count > Shown ? ", ..." : "")}.");
    }
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Evaluations;

/// <summary>On which images the attacks of an evaluation run.</summary>
public enum EvaluationMode
{
    /// <summary>Each on those that the ones before left unbroken: the worst case per image at the least cost.</summary>
    Cascade,

    /// <summary>Each on all that are classified correctly: shows which attack breaks what.</summary>
    Individual,
}

/// <summary>One attack of an evaluation. The parts of an ensemble are stages of their own.</summary>
/// <param name="Number">From 1, in order.</param>
/// <param name="Name">Short and unique, such as <c>pgd20</c> or <c>aa-square</c>.</param>
/// <param name="Options">What is run.</param>
/// <param name="Ensemble">The ensemble it is a part of, as <c>autoattack standard</c>; else null.</param>
public sealed record EvaluationStage(int Number, string Name, AttackOptions Options, string? Ensemble)
{
    /// <summary>The stages of a battery in order: <c>pgd20</c>, <c>pgd20-2</c>, <c>aa-apgd</c>, ...</summary>
    public static IReadOnlyList<EvaluationStage> Of(IEnumerable<AttackOptions> attacks)
    {
        var (stages, seen) = (new List<EvaluationStage>(), new Dictionary<string, int>());
        foreach (var options in attacks)
        {
            if (options is not EnsembleOptions ensemble) Add(NameOf(options), options, null);
            else foreach (var part in ensemble.Parts()) Add($"{ensemble.Names().Short}-{NameOf(part)}", part, ensemble.Names().Title);
        }

        return stages;

        void Add(string name, AttackOptions options, string? of)
        {
            var times = seen[name] = seen.GetValueOrDefault(name) + 1;
            stages.Add(new(stages.Count + 1, times == 1 ? name : $"{name}-{times}", options, of));
        }
    }

    /// <summary>The kind and what tells it from others of its kind: <c>pgd20</c>, <c>apgd-dlr</c>.</summary>
    public static string NameOf(AttackOptions options) => Kinds.Attacks.KindOf(options) + options switch
    {
        PgdOptions { Loss: not AttackLoss.CrossEntropy } pgd => $"{pgd.Steps}-{pgd.Loss.ToString().ToLowerInvariant()}",
        SteppedOptions stepped => $"{stepped.Steps}",
        ApgdOptions { Loss: not AttackLoss.CrossEntropy } apgd => $"-{apgd.Loss.ToString().ToLowerInvariant()}",
        _ => "",
    };
}

using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;

namespace WebLab.Engine.Evaluations;

/// <summary>Accuracy under common corruptions (Hendrycks and Dietterich 2019).</summary>
/// <param name="Source"><c>made</c> on the fly, or <c>stored</c>: the benchmark's own images, a group of the data set each.</param>
/// <param name="Severities">Those that were tried, ascending.</param>
/// <param name="Corruptions">In the catalog's order.</param>
/// <param name="Clean">Accuracy on the same images without corruption; null where only corrupted ones are there.</param>
/// <param name="Error">Mean error of the benchmark's corruptions that ran: a plain mean, as CIFAR-10-C is reported; null: none ran.</param>
/// <param name="Counted">Corruptions in the mean; generated frost and the held-out ones are not.</param>
/// <param name="Of">Corruptions of the benchmark: 15.</param>
/// <param name="Families">Mean error of the same by family: noise, blur, weather, digital.</param>
/// <param name="Worst">The one of them with the largest error.</param>
/// <param name="ClassErrors">Mean error of the same by true class; null where it was not kept.</param>
/// <param name="Against">Errors in proportion to another network's.</param>
public sealed record CorruptionResults(string Source, IReadOnlyList<int> Severities, IReadOnlyList<CorruptionRated> Corruptions, double? Clean, double? Error,
    int Counted, int Of, IReadOnlyDictionary<string, double> Families, string? Worst, IReadOnlyList<double?>? ClassErrors = null, CorruptionsAgainst? Against = null)
{
    public const string Made = "made", Stored = "stored";

    public static CorruptionResults Summed(string source, IReadOnlyList<int> severities, IReadOnlyList<CorruptionRated> corruptions, double? clean)
    {
        var counted = corruptions.Where(c => c.Counts).ToList();
        return new(source, severities, corruptions, clean, counted.Count == 0 ? null : counted.Average(c => c.Error), counted.Count,
            Kinds.Corruptions.Entries.Count(e => ((Corruption)e.Default()).Set() == CorruptionSet.Test),
            counted.GroupBy(c => c.Family).ToDictionary(g => g.Key, g => g.Average(c => c.Error)), counted.MaxBy(c => c.Error)?.Name);
    }

    /// <summary>From groups such as <c>fog/3</c>, those of corruptions whose five severities are all there; null: there are none.</summary>
    public static CorruptionResults? FromGroups(IEnumerable<GroupRated> groups)
    {
        var cells = groups.Select(g => (Words: g.Name.Split('/'), g.Clean)).Where(g => g.Words.Length == 2 && int.TryParse(g.Words[1], out _))
            .ToLookup(g => CorruptionNames.Kind(g.Words[0]), g => (Severity: int.Parse(g.Words[1], System.Globalization.CultureInfo.InvariantCulture), g.Clean));
        int[] all = [.. Enumerable.Range(1, Corruption.Severities)];
        List<CorruptionRated> rated = [.. Kinds.Corruptions.Entries.Select(e => (Entry: e, Cells: cells[e.Kind].OrderBy(c => c.Severity).ToList()))
            .Where(c => c.Cells.Select(x => x.Severity).SequenceEqual(all)).Select(c => CorruptionRated.Of(c.Entry, [.. c.Cells.Select(x => x.Clean)]))];
        return rated.Count == 0 ? null : Summed(Stored, all, rated, null);
    }

    public CorruptionResults With(CorruptionBaseline? baseline) => baseline is null ? this : this with { Against = baseline.Compare(this) };
}

/// <param name="Name">Kind of the corruption.</param>
/// <param name="Family">noise, blur, weather or digital.</param>
/// <param name="Set"><c>test</c>, <c>held-out</c> or <c>substitute</c>.</param>
/// <param name="Cells">Accuracy at each severity.</param>
/// <param name="Error">Mean error over the severities, in [0,1].</param>
/// <param name="Confidence">Mean probability that the network gives its choice; null where it was not kept.</param>
/// <param name="CalibrationError">Expected calibration error, 15 bins of confidence (Guo et al. 2017); null where it was not kept.</param>
public sealed record CorruptionRated(string Name, string Title, string Family, string Set, IReadOnlyList<Rated> Cells, double Error,
    double? Confidence = null, double? CalibrationError = null)
{
    /// <summary>In the benchmark's mean.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Counts => Set == Word(CorruptionSet.Test);

    public static CorruptionRated Of(Entry entry, IReadOnlyList<Rated> cells) =>
        new(entry.Kind, entry.About.Title, entry.About.Group, Word(((Corruption)entry.Default()).Set()), cells, 1 - cells.Average(c => c.Accuracy));

    private static string Word(CorruptionSet set) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(set.ToString());
}

/// <summary>Errors in proportion to a baseline's: 1 is the baseline itself.</summary>
/// <param name="Baseline">Its name.</param>
/// <param name="Clean">Its error without corruption.</param>
/// <param name="Error">mCE: mean over the corruptions of error over the baseline's error.</param>
/// <param name="Relative">Relative mCE: the same of what is lost to the clean error; low also for a bad clean error. Null where a clean error is not known or the baseline loses nothing.</param>
/// <param name="Counted">Corruptions in the mean.</param>
/// <param name="Errors">Each corruption's, the held-out ones too.</param>
public sealed record CorruptionsAgainst(string Baseline, double? Clean, double? Error, double? Relative, int Counted, IReadOnlyDictionary<string, double> Errors);

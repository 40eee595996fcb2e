using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Lint;

/// <summary>What a check has to say.</summary>
[JsonConverter(typeof(Words))]
public enum LintVerdict
{
    /// <summary>Nothing speaks against the figure.</summary>
    Pass,

    /// <summary>To be read with care.</summary>
    Warn,

    /// <summary>The figure should not be believed.</summary>
    Fail,

    /// <summary>It could not be looked at; the evidence says why.</summary>
    NotRun,
}

/// <summary>What one check found.</summary>
/// <param name="Check">Its name, such as <c>black-box</c>.</param>
/// <param name="Evidence">A sentence with the numbers behind the verdict.</param>
public sealed record LintFinding(string Check, LintVerdict Verdict, string Evidence);

/// <summary>Whether a robust accuracy can be believed.</summary>
/// <param name="Grade">A: nothing speaks against it; B, C: one or two, or more, warnings; D: a check failed; F: several, or one without which nothing holds.</param>
/// <param name="Images">Images that were looked at.</param>
public sealed record LintReport(string Grade, int Images, IReadOnlyList<LintFinding> Findings)
{
    // Without these no attack means anything.
    private static readonly string[] grounds = ["pixels", "gradients"];

    /// <summary>The grade as a number, from 0 (F) to 4 (A).</summary>
    [JsonIgnore]
    public int Points => Letters.IndexOf(Grade, StringComparison.Ordinal);

    /// <summary>Grades from the worst to the best.</summary>
    public const string Letters = "FDCBA";

    public static LintReport Of(int images, IReadOnlyList<LintFinding> findings)
    {
        int Count(LintVerdict verdict) => findings.Count(f => f.Verdict == verdict);
        var (fails, warnings) = (Count(LintVerdict.Fail), Count(LintVerdict.Warn));
        var grade = fails > 1 || findings.Any(f => f.Verdict == LintVerdict.Fail && grounds.Contains(f.Check)) ? "F"
            : fails == 1 ? "D" : warnings > 2 ? "C" : warnings > 0 ? "B" : "A";
        return new LintReport(grade, images, findings);
    }
}

internal sealed class Words() : JsonStringEnumConverter<LintVerdict>(JsonNamingPolicy.KebabCaseLower);

using WebLab.Api.Http;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Runs;

/// <summary>Limits on what people write about runs and experiments.</summary>
public static class Texts
{
    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public static void Check(string? name, string? notes, IReadOnlyList<string>? tags)
    {
        var errors = Errors(name, notes, tags).ToList();
        if (errors.Count > 0) throw Refusal.Invalid(errors);
    }

    internal static IEnumerable<(string Path, string Message)> Errors(string? name, string? notes, IReadOnlyList<string>? tags)
    {
        if (name is not null && name.Trim().Length is 0 or > RunService.MaxNameLength)
            yield return ("name", $"wanted 1 to {RunService.MaxNameLength} characters; got {name.Trim().Length}");
        if (name is not null && name.Any(char.IsControl)) yield return ("name", "must not hold control characters");
        if (notes?.Length > RunService.MaxNotesLength) yield return ("notes", $"wanted at most {RunService.MaxNotesLength} characters; got {notes.Length}");
        if (tags?.Count > RunService.MaxTags) yield return ("tags", $"wanted at most {RunService.MaxTags}; got {tags.Count}");
        for (var i = 0; i < (tags?.Count ?? 0); i++)
            if (!Tags.IsValid(tags![i])) yield return ($"tags[{i}]", $"got '{tags[i]}', wanted 1 to {Tags.MaxLength} letters, digits or - _ . : /");
    }
}

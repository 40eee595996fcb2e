namespace WebLab.Api.Http;

/// <summary>
/// Why a request cannot be met. Services throw it; <see cref="Problems"/> turns it into one RFC 9457 answer.
/// The detail says what was got, what was wanted and what to do; it never holds secrets or paths of the host.
/// </summary>
public sealed class Refusal : Exception
{
    public Refusal(ProblemKind kind, string detail) : base(detail) => Kind = kind;

    /// <summary>Decides status, type URI and title.</summary>
    public ProblemKind Kind { get; }

    /// <summary>Messages by JSON path (<c>method.attack.eps</c>), query parameter or header name.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>Actions that are legal now, for <see cref="ProblemKinds.InvalidTransition"/>.</summary>
    public IReadOnlyList<string>? Legal { get; init; }

    /// <summary>Becomes the <c>Retry-After</c> header.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>404: <c>run 0192… does not exist</c>.</summary>
    public static Refusal NotFound(string what, string id) =>
        new(ProblemKinds.NotFound, $"{what} '{Shown(id)}' does not exist");

    /// <summary>400 with one field.</summary>
    public static Refusal Invalid(string path, string message) => Invalid([(path, message)]);

    /// <summary>400 with every field that is wrong.</summary>
    public static Refusal Invalid(IEnumerable<(string Path, string Message)> errors) => Of(ProblemKinds.Validation, errors);

    /// <summary>422: well formed, yet it cannot be done, with the field that says so.</summary>
    public static Refusal Unprocessable(string path, string message) => Of(ProblemKinds.Unprocessable, [(path, message)]);

    /// <summary>A refusal of any kind that names fields.</summary>
    public static Refusal Of(ProblemKind kind, IEnumerable<(string Path, string Message)> errors)
    {
        var byPath = errors.GroupBy(e => e.Path).ToDictionary(g => g.Key, g => g.Select(e => e.Message).Distinct().ToArray());
        return new Refusal(kind, string.Join("; ", byPath.Select(e => $"{e.Key}: {string.Join(", ", e.Value)}"))) { Errors = byPath };
    }

    /// <summary>409 for a state machine, with what could be done instead.</summary>
    public static Refusal InvalidTransition(string detail, IEnumerable<string> legal) =>
        new(ProblemKinds.InvalidTransition, detail) { Legal = [.. legal] };

    private static string Shown(string id) => id.Length <= 64 ? id : id[..64] + "…";
}

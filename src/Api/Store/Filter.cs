using System.Globalization;
using System.Text.RegularExpressions;
using WebLab.Api.Http;

namespace WebLab.Api.Store;

/// <summary>One term of a filter, such as <c>status in (queued,running)</c>, <c>robust>=0.5</c> or <c>tag:baseline</c>.</summary>
/// <param name="Operator">One of <c>= != > >= &lt; &lt;= in :</c>.</param>
/// <param name="Values">One value, or those of the list.</param>
public sealed record FilterTerm(string Field, string Operator, IReadOnlyList<string> Values)
{
    public string Value => Values[0];

    /// <exception cref="Refusal">The value is not a number.</exception>
    public double Number => double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        ? number : throw Refusal.Invalid("filter", $"{Field}: got '{Value}', wanted a number");

    /// <summary>The value as a whole word of an enum, in any case.</summary>
    public IReadOnlyList<T> Words<T>() where T : struct, Enum => [.. Values.Select(v => Enum.TryParse<T>(v, ignoreCase: true, out var word) && char.IsLetter(v[0]) ? word
        : throw Refusal.Invalid("filter", $"{Field}: got '{v}', wanted one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}"))];

    /// <summary>For fields of text: <c>=</c>, <c>:</c> and <c>in</c> ask for one of the values, <c>!=</c> for none.</summary>
    public bool IsNegated => Operator == "!=";

    public FilterTerm Only(params string[] operators) => operators.Contains(Operator) ? this
        : throw Refusal.Invalid("filter", $"{Field} knows {string.Join(" ", operators)}; got {Operator}");
}

/// <summary>The filter of a list: terms joined by <c>and</c>.</summary>
public static partial class Filter
{
    public const int MaxTerms = 20, MaxLength = 2000;

    /// <exception cref="Refusal">400 naming the place where it stops making sense.</exception>
    public static IReadOnlyList<FilterTerm> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return [];
        if (text.Length > MaxLength) throw Refusal.Invalid("filter", $"is {text.Length} characters long; at most {MaxLength} are read");
        var terms = new List<FilterTerm>();
        for (var at = 0; ;)
        {
            var match = Term().Match(text, at);
            if (!match.Success) throw Refusal.Invalid("filter", $"cannot be read from '{Shown(text, at)}'; wanted field=value, field>=number, field in (a,b) or tag:name, joined by 'and'");
            terms.Add(Read(match));
            if (terms.Count > MaxTerms) throw Refusal.Invalid("filter", $"has more than {MaxTerms} terms");
            at = match.Index + match.Length;
            if (string.IsNullOrWhiteSpace(text[at..])) return terms;
            var and = And().Match(text, at);
            if (!and.Success) throw Refusal.Invalid("filter", $"cannot be read from '{Shown(text, at)}'; wanted 'and'");
            at += and.Length;
        }
    }

    /// <summary>Narrows a query by each term through a table of known fields.</summary>
    /// <exception cref="Refusal">400: a field that is not in the table.</exception>
    public static IQueryable<T> Apply<T>(IQueryable<T> query, IReadOnlyList<FilterTerm> terms, IReadOnlyDictionary<string, Func<IQueryable<T>, FilterTerm, IQueryable<T>>> fields) =>
        terms.Aggregate(query, (narrowed, term) => fields.TryGetValue(term.Field, out var narrow) ? narrow(narrowed, term)
            : throw Refusal.Invalid("filter", $"'{term.Field}' is not a field of this list; it has {string.Join(", ", fields.Keys.Order(StringComparer.Ordinal))}"));

    /// <summary>The text that reads as these terms.</summary>
    public static string Write(IEnumerable<FilterTerm> terms) => string.Join(" and ", terms.Select(t => t.Operator == "in"
        ? $"{t.Field} in ({string.Join(", ", t.Values.Select(Quoted))})" : t.Operator == ":" ? $"{t.Field}:{Quoted(t.Value)}" : $"{t.Field}{t.Operator}{Quoted(t.Value)}"));

    /// <summary>The text with one field's terms replaced by another, or taken out; the rest stays as it is. A text that cannot be read is replaced.</summary>
    public static string With(string? text, string field, FilterTerm? term)
    {
        IReadOnlyList<FilterTerm> terms;
        try
        {
            terms = Parse(text);
        }
        catch (Refusal)
        {
            terms = [];
        }

        return Write(term is null ? terms.Where(t => t.Field != field) : terms.Where(t => t.Field != field).Append(term));
    }

    /// <summary>A LIKE pattern that finds the text anywhere, its own wildcards taken literally (escape character <c>\</c>).</summary>
    public static string Anywhere(string text) => "%" + text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_") + "%";

    private static FilterTerm Read(Match match)
    {
        var field = match.Groups["field"].Value;
        if (match.Groups["list"].Success)
            return new FilterTerm(field, "in", [.. Value().Matches(match.Groups["list"].Value).Select(m => Unquoted(m.Value))]);
        return new FilterTerm(field, match.Groups["op"].Value, [Unquoted(match.Groups["value"].Value)]);
    }

    private static string Unquoted(string value) => value.Length >= 2 && value[0] == '"' ? value[1..^1] : value;

    private static string Quoted(string value) => value.Length > 0 && value.All(c => !char.IsWhiteSpace(c) && c is not ('"' or ',' or '(' or ')')) ? value : $"\"{value.Replace("\"", "")}\"";

    private static string Shown(string text, int at) => text.Length - at <= 20 ? text[at..] : text[at..(at + 20)] + "…";

    [GeneratedRegex("""\G\s*(?<field>[A-Za-z][A-Za-z0-9_.]*)(?:\s+in\s*\(\s*(?<list>(?:"[^"]*"|[^\s",()]+)(?:\s*,\s*(?:"[^"]*"|[^\s",()]+))*)\s*\)|\s*(?<op>>=|<=|!=|=|>|<|:)\s*(?<value>"[^"]*"|[^\s"()]+))""", RegexOptions.CultureInvariant)]
    private static partial Regex Term();

    [GeneratedRegex("\"[^\"]*\"|[^\\s\",()]+")]
    private static partial Regex Value();

    [GeneratedRegex(@"\G\s+and\s+", RegexOptions.IgnoreCase)]
    private static partial Regex And();
}

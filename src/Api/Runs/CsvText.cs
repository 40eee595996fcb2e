namespace WebLab.Api.Runs;

/// <summary>Words as cells of a CSV file (RFC 4180).</summary>
public static class CsvText
{
    /// <summary>A spreadsheet would take a word that begins like a formula for a formula: it gets an apostrophe.</summary>
    public static string Cell(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"")}\"" : safe;
    }
}

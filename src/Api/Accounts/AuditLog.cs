using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>Something that somebody did.</summary>
public sealed record AuditView(string Id, DateTimeOffset At, string Actor, string? Address, string Action, string Target, string? Detail);

/// <summary>What the log is narrowed to.</summary>
/// <param name="Actor">The whole name.</param>
/// <param name="Action">Such as <c>user.create</c>, or how it begins, such as <c>user</c>.</param>
/// <param name="Text">Found anywhere in target or detail.</param>
/// <param name="From">From this moment on.</param>
/// <param name="To">Before this moment.</param>
public sealed record AuditQuery(string? Actor = null, string? Action = null, string? Text = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>Reads the audit trail, newest first.</summary>
public sealed class AuditLog(LabStore store)
{
    /// <summary>Rows of a table that is downloaded.</summary>
    public const int MostRows = 100_000;

    public async Task<Page<AuditView>> List(AuditQuery query, PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var entries = await Narrow(rows, query).Where(a => page.After == null || string.Compare(a.Id, page.After) < 0)
            .OrderByDescending(a => a.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut<AuditView>([.. entries.Select(View)], a => a.Id);
    }

    /// <summary>The first words of the actions that there are, for a choice.</summary>
    public async Task<IReadOnlyList<string>> Kinds(CancellationToken cancel)
    {
        await using var rows = store.Read();
        var actions = await rows.Audit.Select(a => a.Action).Distinct().ToListAsync(cancel);
        return [.. actions.Select(a => a.Split('.')[0]).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The same as a table. A cell that a spreadsheet would run begins with an apostrophe.</summary>
    public async Task<string> Csv(AuditQuery query, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var csv = new StringBuilder("at,actor,address,action,target,detail\r\n");
        foreach (var a in await Narrow(rows, query).OrderByDescending(a => a.Id).Take(MostRows).ToListAsync(cancel))
            csv.AppendJoin(',', new[] { a.At.ToString("O", CultureInfo.InvariantCulture), a.Actor, a.Address, a.Action, a.Target, a.Detail }.Select(Cell)).Append("\r\n");
        return csv.ToString();
    }

    private static IQueryable<AuditEntry> Narrow(LabContext rows, AuditQuery query)
    {
        if (query.From >= query.To) throw Refusal.Invalid("from", "must lie before 'to'");
        IQueryable<AuditEntry> entries = rows.Audit;
        if (query.Actor is { Length: > 0 } actor) entries = entries.Where(a => a.Actor == actor);
        if (query.Action is { Length: > 0 } action) entries = entries.Where(a => a.Action == action || a.Action.StartsWith(action + "."));
        if (query.From is { } from) entries = entries.Where(a => a.At >= from);
        if (query.To is { } to) entries = entries.Where(a => a.At < to);
        if (!string.IsNullOrWhiteSpace(query.Text) && Filter.Anywhere(query.Text.Trim()) is var pattern)
            entries = entries.Where(a => EF.Functions.Like(a.Target, pattern, @"\") || EF.Functions.Like(a.Detail!, pattern, @"\"));
        return entries;
    }

    private static AuditView View(AuditEntry a) => new(a.Id, a.At, a.Actor, a.Address, a.Action, a.Target, a.Detail);

    private static string Cell(string? text)
    {
        text ??= "";
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
    }
}

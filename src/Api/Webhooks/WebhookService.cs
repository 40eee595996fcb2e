using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Webhooks;

/// <summary>An address elsewhere that is told of events; the secret is not part of it.</summary>
/// <param name="FailingSince">Since when nothing got through; null while the last delivery did.</param>
public sealed record WebhookView(string Id, string Name, string Url, IReadOnlyList<string> Events, IReadOnlyList<Threshold> Thresholds, bool Enabled, string? CreatedBy,
    DateTimeOffset CreatedAt, DateTimeOffset? FailingSince, string Version);

/// <summary>A webhook with its secret, which is never shown again.</summary>
public sealed record WebhookWithSecret(WebhookView Webhook, string Secret);

/// <summary>A new webhook.</summary>
/// <param name="Name">1 to 80 characters; for people.</param>
/// <param name="Url">http or https, without user name or fragment.</param>
/// <param name="Events">Some of <c>run.finished</c>, <c>run.failed</c>, <c>run.stalled</c>, <c>run.watchdog</c>.</param>
/// <param name="Thresholds">Each is told once per run, as event <c>threshold</c>.</param>
public sealed record WebhookRequest(string Name, string Url, IReadOnlyList<string> Events, IReadOnlyList<Threshold>? Thresholds = null, bool Enabled = true);

/// <summary>What to change; what is absent stays.</summary>
public sealed record WebhookPatch(string? Name = null, string? Url = null, IReadOnlyList<string>? Events = null, IReadOnlyList<Threshold>? Thresholds = null, bool? Enabled = null);

/// <summary>One event on its way.</summary>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>given-up</c>.</param>
/// <param name="NextAt">When it is tried next.</param>
/// <param name="LastStatus">Of the last reply; null when there was none.</param>
public sealed record DeliveryView(string Id, string WebhookId, string Event, string Title, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? DeliveredAt,
    DateTimeOffset? NextAt, int? LastStatus, string? LastError);

/// <summary>Webhooks, for administrators.</summary>
public sealed class WebhookService(LabStore store, WebhookPost post, WebhookCourier courier, WebhookBell bell, AddressGuard guard, Ids ids, TimeProvider time)
{
    public const int Most = 50;

    public async Task<IReadOnlyList<WebhookView>> List(CancellationToken cancel)
    {
        await using var rows = store.Read();
        return [.. (await rows.Webhooks.OrderBy(w => w.Id).ToListAsync(cancel)).Select(View)];
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<WebhookView> Get(string id, CancellationToken cancel)
    {
        await using var rows = store.Read();
        return View(await Find(rows, id, cancel));
    }

    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public Task<WebhookWithSecret> Create(WebhookRequest request, string? user, CancellationToken cancel)
    {
        Check(request.Name, request.Url, request.Events, request.Thresholds);
        var secret = NewSecret();
        var hook = new Webhook
        {
            Id = ids.Next(), Name = request.Name.Trim(), Url = request.Url, Secret = post.Protect(secret), EventList = WebhookEvents.Write(request.Events, request.Thresholds ?? []),
            Enabled = request.Enabled, CreatedBy = user, CreatedAt = time.GetUtcNow(),
        };
        return store.Write(rows =>
        {
            if (rows.Webhooks.Count() >= Most) throw new Refusal(ProblemKinds.Conflict, $"there are {Most} webhooks already; delete one first");
            rows.Webhooks.Add(hook);
            return new WebhookWithSecret(View(hook), secret);
        }, cancel);
    }

    /// <exception cref="Refusal">400 with every field that is wrong; 404; 412.</exception>
    public Task<WebhookView> Change(string id, WebhookPatch patch, IfMatch expected, CancellationToken cancel)
    {
        Check(patch.Name, patch.Url, patch.Events, patch.Thresholds);
        return Change(id, expected, hook =>
        {
            hook.Name = patch.Name?.Trim() ?? hook.Name;
            hook.Url = patch.Url ?? hook.Url;
            hook.EventList = WebhookEvents.Write(patch.Events ?? WebhookEvents.Read(hook.EventList), patch.Thresholds ?? WebhookEvents.Thresholds(hook.EventList));
            hook.Enabled = patch.Enabled ?? hook.Enabled;
            return View(hook);
        }, cancel);
    }

    /// <summary>A new secret; the old one signs nothing any more.</summary>
    /// <exception cref="Refusal">404.</exception>
    public Task<WebhookWithSecret> Rotate(string id, CancellationToken cancel)
    {
        var secret = NewSecret();
        var kept = post.Protect(secret);
        return Change(id, new IfMatch("*"), hook =>
        {
            hook.Secret = kept;
            return new WebhookWithSecret(View(hook), secret);
        }, cancel);
    }

    /// <exception cref="Refusal">404; 412.</exception>
    public Task Delete(string id, IfMatch expected, CancellationToken cancel) => store.Write(rows =>
    {
        var hook = rows.Webhooks.Find(id) ?? throw Refusal.NotFound("webhook", id);
        expected.Require(hook.Version.ToString());
        rows.WebhookDeliveries.RemoveRange(rows.WebhookDeliveries.Where(d => d.WebhookId == id));
        rows.Webhooks.Remove(hook);
    }, cancel);

    /// <summary>Sends an event <c>test</c> at once and says what came of it; it is not tried again.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<DeliveryView> Test(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var hook = await Find(read, id, cancel);
        var now = time.GetUtcNow();
        var delivery = WebhookBody.Delivery(id, new WebhookBody(ids.Next(), WebhookEvents.Test, now, "A test", $"Sent by hand to '{hook.Name}'.", "settings/webhooks", null, null, null), now);
        delivery.NextAt = null; // the courier is not to take it as well
        await store.Write(rows => { rows.WebhookDeliveries.Add(delivery); }, cancel);
        return View(await courier.Try(hook, delivery, cancel));
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<Page<DeliveryView>> Deliveries(string id, PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        await Find(rows, id, cancel);
        var found = await rows.WebhookDeliveries.Where(d => d.WebhookId == id && (page.After == null || string.Compare(d.Id, page.After) < 0))
            .OrderByDescending(d => d.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut<DeliveryView>([.. found.Select(View)], d => d.Id);
    }

    /// <summary>Tries a delivery again now, also one that was given up.</summary>
    /// <exception cref="Refusal">404; 409 when it got through.</exception>
    public async Task<DeliveryView> Retry(string id, string deliveryId, CancellationToken cancel)
    {
        var view = await store.Write(rows =>
        {
            var row = rows.WebhookDeliveries.SingleOrDefault(d => d.Id == deliveryId && d.WebhookId == id) ?? throw Refusal.NotFound("delivery", deliveryId);
            if (row.DeliveredAt is not null) throw new Refusal(ProblemKinds.Conflict, "it was delivered already");
            row.NextAt = time.GetUtcNow();
            return View(row);
        }, cancel);
        bell.Ring();
        return view;
    }

    private Task<T> Change<T>(string id, IfMatch expected, Func<Webhook, T> change, CancellationToken cancel) => store.Write(rows =>
    {
        var hook = rows.Webhooks.Find(id) ?? throw Refusal.NotFound("webhook", id);
        expected.Require(hook.Version.ToString());
        hook.Version++;
        return change(hook);
    }, cancel);

    private static async Task<Webhook> Find(LabContext rows, string id, CancellationToken cancel) =>
        await rows.Webhooks.SingleOrDefaultAsync(w => w.Id == id, cancel) ?? throw Refusal.NotFound("webhook", id);

    private void Check(string? name, string? url, IReadOnlyList<string>? events, IReadOnlyList<Threshold>? thresholds)
    {
        var wrong = new List<(string, string)>();
        if (name is not null && name.Trim().Length is 0 or > 80) wrong.Add(("name", $"wanted 1 to 80 characters, got {name.Trim().Length}"));
        if (url is not null && UrlFault(url) is { } fault) wrong.Add(("url", fault));
        for (var i = 0; i < (events?.Count ?? 0); i++)
            if (!WebhookEvents.Names.Contains(events![i])) wrong.Add(($"events[{i}]", $"got '{events[i]}', wanted one of {string.Join(", ", WebhookEvents.Names)}"));
        if (thresholds?.Count > Preferences.MostThresholds) wrong.Add(("thresholds", $"got {thresholds.Count}, wanted at most {Preferences.MostThresholds}"));
        wrong.AddRange((thresholds ?? []).SelectMany((t, i) => Threshold.Errors(t, $"thresholds[{i}]")));
        if (wrong.Count > 0) throw Refusal.Invalid(wrong);
    }

    private string? UrlFault(string url)
    {
        if (url.Length > 2000) return $"is {url.Length} characters long, wanted at most 2000";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var read) || read.Scheme is not ("http" or "https")) return "wanted an address that begins with https:// or http://";
        if (read.UserInfo.Length > 0) return "must not hold a user name or password; the signature vouches for the sender";
        if (read.Fragment.Length > 0) return "must not end with a fragment (#…)";
        return IPAddress.TryParse(read.Host.Trim('[', ']'), out var address) ? guard.Refuses(address) : null;
    }

    private static string NewSecret() => "whsec_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static WebhookView View(Webhook w) => new(w.Id, w.Name, w.Url, WebhookEvents.Read(w.EventList), WebhookEvents.Thresholds(w.EventList), w.Enabled, w.CreatedBy, w.CreatedAt,
        w.FailingSince, w.Version.ToString());

    private static DeliveryView View(WebhookDelivery d) => new(d.Id, d.WebhookId, d.Event, WebhookBody.TitleOf(d.BodyJson) ?? "", d.DeliveredAt is not null ? "delivered" : d.NextAt is not null ? "waiting" : "given-up",
        d.Attempt, d.CreatedAt, d.DeliveredAt, d.NextAt, d.LastStatus, d.LastError);
}

using System.Text.Json;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Notices;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Webhooks;

/// <summary>What is sent.</summary>
/// <param name="Id">Of the delivery; the same when it is tried again, so that a receiver can drop what it has.</param>
/// <param name="Event">Such as <c>run.finished</c>.</param>
/// <param name="Page">Where it is shown, relative to the site.</param>
public sealed record WebhookBody(string Id, string Event, DateTimeOffset At, string Title, string Text, string Page, WebhookRun? Run, Threshold? Threshold, double? Value)
{
    /// <summary>A delivery that is due at once.</summary>
    public static WebhookDelivery Delivery(string id, string webhookId, Run run, News news, DateTimeOffset at, DateTimeOffset now)
    {
        var about = new WebhookRun(run.Id, run.Kind.ToString().ToLowerInvariant(), run.Name, run.ExperimentId, run.Seed, Journal.Word(run.Status), run.CleanAccuracy, run.RobustAccuracy,
            run.BestRobustAccuracy, run.FailureCode, run.FailureMessage);
        var page = run.Kind == RunKind.Evaluate ? $"evaluations/{run.Id}" : $"runs/{run.Id}";
        return Delivery(webhookId, new WebhookBody(id, news.Event, at, news.Title, news.Text, page, about, news.Threshold, news.Value), now);
    }

    public static WebhookDelivery Delivery(string webhookId, WebhookBody body, DateTimeOffset now) => new()
    {
        Id = body.Id, WebhookId = webhookId, Event = body.Event, BodyJson = JsonSerializer.Serialize(body, Json.Options), CreatedAt = now, NextAt = now,
    };

    internal static string? TitleOf(string json) => JsonDocument.Parse(json).RootElement.GetProperty("title").GetString();
}

/// <summary>The run that an event is about. Accuracies lie in [0,1].</summary>
public sealed record WebhookRun(string Id, string Kind, string Name, string? ExperimentId, long Seed, string Status, double? CleanAccuracy, double? RobustAccuracy,
    double? BestRobustAccuracy, string? FailureCode, string? FailureMessage);

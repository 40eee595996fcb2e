namespace WebLab.Api.Store.Entities;

/// <summary>An address elsewhere that is told of events.</summary>
public sealed class Webhook
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required string Url { get; set; }

    /// <summary>Signs what is sent; shown once, when it is made.</summary>
    public required string Secret { get; set; }

    /// <summary>Names of the events that are sent: <c>,run.succeeded,run.failed,</c>.</summary>
    public string EventList { get; set; } = "";
    public bool Enabled { get; set; } = true;
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when nothing got through; null while the last delivery did.</summary>
    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>Counts changes; the ETag of the resource.</summary>
    public long Version { get; set; } = 1;
}

/// <summary>One event on its way to one webhook.</summary>
public sealed class WebhookDelivery
{
    public required string Id { get; init; }
    public required string WebhookId { get; init; }
    public required string Event { get; init; }
    public required string BodyJson { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempt { get; set; }

    /// <summary>When it is tried next; null once it is delivered or given up.</summary>
    public DateTimeOffset? NextAt { get; set; }
    public DateTimeOffset? DeliveredAt { get; set; }

    /// <summary>Status code of the last reply; null when there was none.</summary>
    public int? LastStatus { get; set; }
    public string? LastError { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Something worth knowing, shown under the bell.</summary>
public sealed class Notification
{
    public required string Id { get; init; }

    /// <summary>Whom it is for; null is everybody.</summary>
    public string? UserId { get; init; }
    public required string Kind { get; init; }
    public required string Title { get; init; }
    public string Text { get; init; } = "";

    /// <summary>Path of the page that it is about, within the product.</summary>
    public string Link { get; init; } = "";
    public string? RunId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ReadAt { get; set; }
}

/// <summary>A link by which one page can be read without an account.</summary>
public sealed class Share
{
    /// <summary>The secret part of the address.</summary>
    public required string Token { get; init; }

    /// <summary>What is shown, such as <c>report</c>.</summary>
    public required string Kind { get; init; }
    public required string TargetId { get; init; }
    public required string Title { get; set; }
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

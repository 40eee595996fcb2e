using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Api.Webhooks;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Webhooks;

public sealed class WebhookTests : IAsyncLifetime
{
    private readonly Server _server = LabServer.New().With("WebLab:WebhooksToPrivateAddresses", "true");
    private Receiver _receiver = null!;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.Start(Cancel);

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Ends_of_runs_reach_the_receiver_signed()
    {
        var client = await _server.Key();
        var (_, secret) = await Make(client, new { name = "chat", url = _receiver.Url, events = new[] { "run.finished", "run.failed" } });
        var run = await LabServer.Queue(_server, new Script(Epochs: 2));
        var got = await _receiver.Next(Cancel);

        Assert.True(WebhookSignature.Fits(secret, got.Signature, got.Body, _server.Time.GetUtcNow()));
        var body = JsonNode.Parse(got.Body)!;
        Assert.Equal(("run.finished", got.Delivery, run.Id, "completed", 0.9), ((string)body["event"]!, (string)body["id"]!, (string)body["run"]!["id"]!, (string)body["run"]!["status"]!, (double)body["run"]!["cleanAccuracy"]!));
        Assert.Equal("run.finished", got.Event);

        await LabServer.Queue(_server, new Script(Epochs: 3, Fail: "nan-loss"));
        Assert.Equal("nan-loss", (string?)JsonNode.Parse((await _receiver.Next(Cancel)).Body)!["run"]!["failureCode"]);
    }

    [Fact]
    public async Task A_threshold_is_sent_once_per_run()
    {
        var client = await _server.Key();
        var (id, _) = await Make(client, new { name = "t", url = _receiver.Url, events = new[] { "run.finished" }, thresholds = new[] { new { metric = "probe.pgd10", comparison = ">=", value = 0.2 } } });
        await LabServer.Queue(_server, new Script(Epochs: 4));
        var first = JsonNode.Parse((await _receiver.Next(Cancel)).Body)!;
        var second = JsonNode.Parse((await _receiver.Next(Cancel)).Body)!;
        var both = new[] { first, second };
        Assert.Equal(["run.finished", "threshold"], both.Select(b => (string)b["event"]!).Order(StringComparer.Ordinal));
        Assert.Equal(0.2, (double)both.Single(b => (string?)b["event"] == "threshold")["value"]!, 9);
        Assert.Equal(2, (await client.GetAsync($"/api/v1/webhooks/{id}/deliveries", Cancel).Json())["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_does_not_get_through_is_tried_again_and_given_up_after_a_day()
    {
        var client = await _server.Key();
        var (id, _) = await Make(client, new { name = "late", url = _receiver.Url, events = new[] { "run.finished" } });
        _receiver.Answer = 500;
        await LabServer.Queue(_server, new Script(Epochs: 1));
        var first = await _receiver.Next(Cancel);
        await Delivery(client, id, d => (int)d["attempts"]! == 1);
        _server.Time.Add(TimeSpan.FromSeconds(11));
        var again = await _receiver.Next(Cancel);
        await Delivery(client, id, d => (int)d["attempts"]! == 2);
        Assert.Equal(first.Delivery, again.Delivery);

        _server.Time.Add(TimeSpan.FromHours(25));
        await _receiver.Next(Cancel);
        var delivery = await Delivery(client, id, d => (string?)d["state"] == "given-up");
        Assert.Equal((3, "answered 500"), ((int)delivery["attempts"]!, (string)delivery["lastError"]!));
        Assert.NotNull((await client.GetAsync($"/api/v1/webhooks/{id}", Cancel).Json())["failingSince"]);

        _receiver.Answer = 204;
        await client.PostAsync($"/api/v1/webhooks/{id}/deliveries/{delivery["id"]}:retry", null, Cancel).Ok();
        await _receiver.Next(Cancel);
        await Delivery(client, id, d => (string?)d["state"] == "delivered");
        await client.PostAsync($"/api/v1/webhooks/{id}/deliveries/{delivery["id"]}:retry", null, Cancel).Refused(409, "conflict");
    }

    [Fact]
    public async Task A_test_says_at_once_what_came_of_it_and_follows_no_redirect()
    {
        var client = await _server.Key();
        var (id, secret) = await Make(client, new { name = "chat", url = _receiver.Url, events = Array.Empty<string>() });
        var sent = await client.PostAsync($"/api/v1/webhooks/{id}:test", null, Cancel).Json();
        Assert.Equal(("delivered", 200), ((string)sent["state"]!, (int)sent["lastStatus"]!));
        var got = await _receiver.Next(Cancel);
        Assert.True(WebhookSignature.Fits(secret, got.Signature, got.Body, _server.Time.GetUtcNow()));

        _receiver.Answer = 302;
        var turned = await client.PostAsync($"/api/v1/webhooks/{id}:test", null, Cancel).Json();
        Assert.Equal(("given-up", "answered 302; redirects are not followed"), ((string)turned["state"]!, (string)turned["lastError"]!));

        var renewed = (string)(await client.PostAsync($"/api/v1/webhooks/{id}:rotate-secret", null, Cancel).Json())["secret"]!;
        _receiver.Answer = 200;
        await client.PostAsync($"/api/v1/webhooks/{id}:test", null, Cancel).Json();
        await _receiver.Next(Cancel);
        var signed = await _receiver.Next(Cancel);
        Assert.True(WebhookSignature.Fits(renewed, signed.Signature, signed.Body, _server.Time.GetUtcNow()));
        Assert.False(WebhookSignature.Fits(secret, signed.Signature, signed.Body, _server.Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_webhook_is_made_changed_and_deleted_by_administrators_alone()
    {
        var client = await _server.Key();
        var (id, secret) = await Make(client, new { name = "h", url = "https://example.org/h", events = new[] { "run.failed" } });
        Assert.DoesNotContain(secret, await client.GetStringAsync("/api/v1/webhooks", Cancel));
        using var read = await client.GetAsync($"/api/v1/webhooks/{id}", Cancel).Ok();
        await Send(client, HttpMethod.Patch, id, new { name = "renamed", enabled = false }, read.Headers.ETag!.Tag).Ok();
        await Send(client, HttpMethod.Patch, id, new { name = "again" }, read.Headers.ETag!.Tag).Refused(412, "precondition-failed");
        await Send(client, HttpMethod.Delete, id, null, "*").Ok(204);
        await client.GetAsync($"/api/v1/webhooks/{id}", Cancel).Refused(404, "not-found");
        await (await _server.Key(UserRole.Researcher)).GetAsync("/api/v1/webhooks", Cancel).Refused(403, "forbidden");
    }

    [Theory]
    [InlineData("ftp://example.org/", "url")]
    [InlineData("not an address", "url")]
    [InlineData("https://ada:pw@example.org/", "url")]
    [InlineData("https://example.org/#part", "url")]
    [InlineData("http://169.254.169.254/latest/meta-data", "url")]
    public async Task A_wrong_address_is_named(string url, string field)
    {
        var client = await _server.Key();
        var problem = await client.PostAsJsonAsync("/api/v1/webhooks", new { name = "h", url, events = new[] { "run.failed" } }, Cancel).Refused(400, "validation");
        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task An_unknown_event_and_a_bad_threshold_are_named()
    {
        var client = await _server.Key();
        var problem = await client.PostAsJsonAsync("/api/v1/webhooks", new { name = " ", url = "https://example.org/", events = new[] { "run.sneezed" }, thresholds = new[] { new { metric = "", comparison = ">=", value = 1 } } }, Cancel)
            .Refused(400, "validation");
        Assert.Equal(["events[0]", "name", "thresholds[0].metric"], problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
    }

    private static async Task<(string Id, string Secret)> Make(HttpClient client, object request)
    {
        var made = await client.PostAsJsonAsync("/api/v1/webhooks", request, Cancel).Json(201);
        return ((string)made["webhook"]!["id"]!, (string)made["secret"]!);
    }

    private static Task<HttpResponseMessage> Send(HttpClient client, HttpMethod verb, string id, object? body, string tag)
    {
        var request = new HttpRequestMessage(verb, $"/api/v1/webhooks/{id}") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        return client.SendAsync(request, Cancel);
    }

    // What the receiver saw is written down a moment later.
    private static async Task<JsonNode> Delivery(HttpClient client, string id, Func<JsonNode, bool> fits)
    {
        while (true)
        {
            var newest = (await client.GetAsync($"/api/v1/webhooks/{id}/deliveries", Cancel).Json())["items"]![0]!;
            if (fits(newest)) return newest;
            await Task.Yield();
        }
    }
}

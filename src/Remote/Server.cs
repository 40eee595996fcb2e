using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace WebLab.Remote;

/// <summary>REST with patience: what is busy (429, 503) is asked again, what is refused ends the verb with the server's own words.</summary>
internal sealed class Server : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly string _url;

    public Server(Login login, TimeProvider time)
    {
        (_url, _time) = (login.Url, time);
        // A stream of events is quiet for longer than an answer may take; each call has its own limit.
        _http = new HttpClient { BaseAddress = new Uri(login.Url + "/"), Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.Key);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("weblab-remote", "0.1"));
    }

    public void Dispose() => _http.Dispose();

    public Task<JsonNode> Get(string path, CancellationToken cancel) => Read(() => new HttpRequestMessage(HttpMethod.Get, Address(path)), cancel);

    /// <summary>Posts with a key of its own, so that a repeat after a lost answer does no harm.</summary>
    public Task<JsonNode> Post(string path, JsonNode body, CancellationToken cancel)
    {
        var key = Guid.CreateVersion7(_time.GetUtcNow()).ToString();
        return Read(() => new HttpRequestMessage(HttpMethod.Post, Address(path)) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } }, cancel);
    }

    /// <summary>The items of a list, at most so many, page after page.</summary>
    public async Task<JsonArray> List(string path, int limit, CancellationToken cancel)
    {
        var all = new JsonArray();
        for (string? cursor = null; all.Count < limit;)
        {
            var mark = path.Contains('?') ? '&' : '?';
            var page = await Get($"{path}{mark}limit={Math.Min(200, limit - all.Count)}{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}", cancel);
            foreach (var item in page["items"]!.AsArray()) all.Add(item!.DeepClone());
            cursor = (string?)page["nextCursor"];
            if (cursor is null) break;
        }

        return all;
    }

    /// <summary>Sends a request once; the caller decides what a lost answer means.</summary>
    /// <exception cref="RefusedException">The server says no.</exception>
    /// <exception cref="UnreachableException">No answer came.</exception>
    public async Task<HttpResponseMessage> Once(HttpRequestMessage request, CancellationToken cancel)
    {
        var (answer, _) = await Try(request, cancel);
        return answer.IsSuccessStatusCode ? answer : throw await Refused(answer, cancel);
    }

    public string Address(string path) => path.StartsWith("/api/", StringComparison.Ordinal) ? path[1..] : "api/v1" + path;

    private async Task<JsonNode> Read(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            TimeSpan? after = null;
            try
            {
                using var message = request();
                var (answer, retry) = await Try(message, cancel);
                using (answer)
                {
                    if (answer.IsSuccessStatusCode)
                        return answer.Content.Headers.ContentLength == 0 || answer.StatusCode == HttpStatusCode.NoContent ? new JsonObject()
                            : (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!;
                    after = retry ?? Pause(tries);
                    var busy = answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
                    if (!busy || _time.GetElapsedTime(began) + after > Patience) throw await Refused(answer, cancel);
                }
            }
            // A server that is not there is told at once; one that was lost in mid-answer is asked again.
            catch (UnreachableException e) when (e.InnerException is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError and not HttpRequestError.NameResolutionError }
                && _time.GetElapsedTime(began) < Patience)
            {
                after = Pause(tries);
            }

            await Task.Delay(after.Value, _time, cancel);
        }
    }

    private async Task<(HttpResponseMessage Answer, TimeSpan? RetryAfter)> Try(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return (answer, answer.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
                _ => null,
            });
        }
        catch (HttpRequestException e)
        {
            throw new UnreachableException($"{_url} does not answer: {e.InnerException?.Message ?? e.Message}. Is the server running, and the address right?", e);
        }
    }

    private static async Task<RefusedException> Refused(HttpResponseMessage answer, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        try
        {
            if (JsonNode.Parse(text) is JsonObject problem)
            {
                var lines = problem["errors"] is JsonObject errors
                    ? errors.SelectMany(e => e.Value!.AsArray().Select(m => $"  {e.Key}: {m}")).ToList() : [];
                if (lines.Count == 0 && (string?)problem["detail"] is { Length: > 0 } detail) lines.Add("  " + detail);
                return new RefusedException(string.Join(Environment.NewLine, [$"{(int)answer.StatusCode} {problem["title"]}", .. lines]));
            }
        }
        catch (System.Text.Json.JsonException)
        {
            // A proxy's page instead of the server's own words.
        }

        return new RefusedException(string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {answer.ReasonPhrase}"));
    }

    private static TimeSpan Pause(int tries) => TimeSpan.FromSeconds(Math.Min(5, 0.25 * Math.Pow(2, Math.Min(tries, 6))));
}

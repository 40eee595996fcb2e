using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using WebLab.Api.Machine;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Webhooks;

/// <summary>What came of one try.</summary>
/// <param name="Status">Of the reply; null when there was none.</param>
/// <param name="Error">Null when it got through.</param>
public sealed record PostResult(int? Status, string? Error);

/// <summary>Signs and sends one delivery. Redirects are not followed, replies not read.</summary>
public sealed class WebhookPost : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), ToConnect = TimeSpan.FromSeconds(5);
    private readonly HttpClient _client;
    private readonly IDataProtector _secrets;
    private readonly TimeProvider _time;

    public WebhookPost(AddressGuard guard, IDataProtectionProvider protection, TimeProvider time)
    {
        _time = time;
        _secrets = protection.CreateProtector("webhook secret");
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = guard.Connect, AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = ToConnect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1), MaxResponseHeadersLength = 16,
        }) { Timeout = Patience };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("WebLab", Computer.Version));
    }

    /// <summary>As it is kept: a copy of the database alone signs nothing.</summary>
    public string Protect(string secret) => _secrets.Protect(secret);

    public async Task<PostResult> Send(Webhook hook, WebhookDelivery delivery, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url)
            {
                Content = new StringContent(delivery.BodyJson, Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("WebLab-Event", delivery.Event);
            request.Headers.Add("WebLab-Delivery", delivery.Id);
            request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(_secrets.Unprotect(hook.Secret), _time.GetUtcNow(), delivery.BodyJson));
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var status = (int)answer.StatusCode;
            return new PostResult(status, status is >= 200 and < 300 ? null : status is >= 300 and < 400 ? $"answered {status}; redirects are not followed" : $"answered {status}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new PostResult(null, $"no answer within {Patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or System.Security.Cryptography.CryptographicException or UriFormatException or InvalidOperationException)
        {
            return new PostResult(null, e is System.Security.Cryptography.CryptographicException ? "its secret cannot be read with the present keys; rotate it" : e.InnerException is HttpRequestException inner ? inner.Message : e.Message);
        }
    }

    public void Dispose() => _client.Dispose();
}

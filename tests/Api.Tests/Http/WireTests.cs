using System.Net;
using System.Text;
using Xunit;

namespace WebLab.Api.Tests.Http;

/// <summary>What only a real socket shows.</summary>
public sealed class WireTests
{
    [Fact]
    public async Task A_body_beyond_the_limit_is_413_and_the_link_goes_to_the_terminal()
    {
        await using var server = new Server();
        server.UseKestrel(0);
        server.StartServer();
        var key = await server.Key();
        using var client = new HttpClient { BaseAddress = server.ClientOptions.BaseAddress };
        client.DefaultRequestHeaders.Authorization = key.DefaultRequestHeaders.Authorization;
        var body = new StringContent($$"""{"name":"{{new string('x', 2 << 20)}}","scopes":[]}""", Encoding.UTF8, "application/json");
        await client.PostAsync("/api/v1/api-keys", body).Refused(413, "too-large");

        Assert.Contains($"/setup#token={server.Token}", server.TerminalText.ToString());
        using var live = await client.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.False(live.Headers.Contains("Server"));
    }
}

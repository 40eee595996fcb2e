using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Tests.Http;
using WebLab.Api.Webhooks;
using Xunit;

namespace WebLab.Api.Tests.Webhooks;

public sealed class GuardedAddressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("100.100.100.200")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public void Link_local_and_reserved_addresses_are_never_called(string address)
    {
        Assert.NotNull(Guard(false).Refuses(IPAddress.Parse(address)));
        Assert.NotNull(Guard(true).Refuses(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd12:3456::1")]
    [InlineData("::ffff:10.0.0.1")]
    public void Private_addresses_are_called_only_where_the_setting_allows_it(string address)
    {
        Assert.Contains("WEBHOOKSTOPRIVATEADDRESSES", Guard(false).Refuses(IPAddress.Parse(address)));
        Assert.Null(Guard(true).Refuses(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:4700::1111")]
    public void Public_addresses_are_called(string address) => Assert.Null(Guard(false).Refuses(IPAddress.Parse(address)));

    [Fact]
    public async Task A_name_that_leads_to_loopback_is_refused_when_it_is_called()
    {
        using var server = new Server();
        await using var receiver = await Receiver.Start(Cancel);
        var client = await server.Key();
        var url = receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var made = await client.PostAsJsonAsync("/api/v1/webhooks", new { name = "h", url, events = new[] { "run.failed" } }, Cancel).Json(201);
        var sent = await client.PostAsync($"/api/v1/webhooks/{made["webhook"]!["id"]}:test", null, Cancel).Json();
        Assert.Contains("loopback or private", (string?)sent["lastError"]);
        Assert.True(receiver.IsEmpty);
    }

    private static AddressGuard Guard(bool toPrivate) => new(Options.Create(new Settings { WebhooksToPrivateAddresses = toPrivate }));
}

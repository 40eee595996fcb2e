using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;

namespace WebLab.Api.Webhooks;

/// <summary>
/// Which addresses a webhook may call. It is asked for the address that is connected to, after the name was resolved, so that a name that
/// changes its mind between check and call gains nothing.
/// </summary>
public sealed class AddressGuard(IOptions<Settings> settings)
{
    // Link-local with the metadata services of clouds, "this network", multicast, reserved, and ranges for documentation.
    private static readonly IPNetwork[] Never =
    [
        .. ((string[])["0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "100.100.100.200/32", "168.63.129.16/32",
            "::/128", "fe80::/10", "ff00::/8", "2001:db8::/32", "fd00:ec2::254/128", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "::/96"]).Select(n => IPNetwork.Parse(n)),
    ];

    private static readonly IPNetwork[] Private =
        [.. ((string[])["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "::1/128", "fc00::/7"]).Select(n => IPNetwork.Parse(n))];

    /// <summary>Null when it may be called; else why not.</summary>
    public string? Refuses(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        // ::1 lies in ::/96, the old form of embedded IPv4 addresses.
        if (Never.Any(n => n.Contains(address)) && !IPAddress.IPv6Loopback.Equals(address)) return $"{address} is link-local, multicast or reserved; webhooks never call it";
        return Private.Any(n => n.Contains(address)) && !settings.Value.WebhooksToPrivateAddresses
            ? $"{address} is a loopback or private address; WEBLAB__WEBHOOKSTOPRIVATEADDRESSES=true allows those" : null;
    }

    /// <summary>For the handler of the client: resolves, asks for every address, connects to the first that may be called.</summary>
    /// <exception cref="HttpRequestException">None may be called, or none answers.</exception>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancel);
        var allowed = addresses.Where(a => Refuses(a) is null).ToArray();
        if (allowed.Length == 0) throw new HttpRequestException(addresses.Length == 0 ? $"{host} has no address" : Refuses(addresses[0]));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

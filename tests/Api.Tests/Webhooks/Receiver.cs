using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WebLab.Api.Tests.Webhooks;

/// <summary>What a receiver got.</summary>
public sealed record Received(string Body, string? Signature, string? Event, string? Delivery);

/// <summary>A program elsewhere: a web server on loopback that keeps what it gets and answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _got = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>The status that it answers with.</summary>
    public int Answer { get; set; } = 200;

    public string Url => _app.Urls.Single() + "/hook";

    public static async Task<Receiver> Start(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(builder.Build());
        receiver._app.MapPost("/hook", receiver.Take);
        await receiver._app.StartAsync(cancel);
        return receiver;
    }

    public ValueTask<Received> Next(CancellationToken cancel) => _got.Reader.ReadAsync(cancel);

    public bool IsEmpty => _got.Reader.Count == 0;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> Take(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        _got.Writer.TryWrite(new Received(body, request.Headers["WebLab-Signature"], request.Headers["WebLab-Event"], request.Headers["WebLab-Delivery"]));
        if (Answer is >= 300 and < 400) request.HttpContext.Response.Headers.Location = "/elsewhere";
        return Results.StatusCode(Answer);
    }
}

using Microsoft.JSInterop;

namespace WebLab.Web.Tests;

/// <summary>Nothing is scripted where a page is only drawn.</summary>
internal sealed class NoScript : IJSRuntime
{
    public ValueTask<T> InvokeAsync<T>(string identifier, object?[]? args) => throw new InvalidOperationException(identifier);

    public ValueTask<T> InvokeAsync<T>(string identifier, CancellationToken cancellationToken, object?[]? args) => throw new InvalidOperationException(identifier);
}

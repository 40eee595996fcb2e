using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using WebLab.Api.Lab;

namespace WebLab.Web.Lab;

/// <summary>The lab's end of <c>lab.js</c>, which takes pictures and files in (dropped, pasted, chosen, by webcam) and sends them to REST.</summary>
public sealed class LabScript(IJSRuntime script) : IAsyncDisposable
{
    private DotNetObjectReference<LabScript>? _self;
    private IJSObjectReference? _module;

    /// <summary>Told when something here has changed.</summary>
    public required Action Changed { get; init; }

    /// <summary>Told the ids of pictures that have arrived.</summary>
    public required Func<string[], Task> Arrived { get; init; }

    /// <summary>Told the id of a batch that has begun.</summary>
    public required Func<string, Task> Begun { get; init; }

    /// <summary>Told what could not be sent, in words.</summary>
    public required Action<string> Refused { get; init; }

    /// <summary>Whether the script listens; before that, what is dropped is lost.</summary>
    public bool Ready { get; private set; }

    /// <summary>Pictures are on their way.</summary>
    public bool Sending { get; private set; }

    /// <summary>Files of a batch are chosen.</summary>
    public bool HasFiles { get; private set; }

    /// <summary>Files of the last delivery that could not be used.</summary>
    public IReadOnlyList<RefusedFile> Rejected { get; private set; } = [];

    /// <summary>Listens to what is in the page now; forgets chosen files.</summary>
    public async Task Attach(ElementReference root)
    {
        HasFiles = false;
        _self ??= DotNetObjectReference.Create(this);
        _module ??= await script.InvokeAsync<IJSObjectReference>("import", "./js/lab.js");
        await _module.InvokeVoidAsync("init", root, _self);
        if (Ready) return;
        Ready = true;
        Changed();
    }

    /// <summary>Sends the chosen files.</summary>
    public async Task SendBatch(IEnumerable<string> checkpointIds, string attack, string labels)
    {
        if (_module is not null) await _module.InvokeVoidAsync("batch", string.Join(',', checkpointIds), attack, labels);
    }

    /// <summary>Also lists a picture that there was no room for.</summary>
    public void Reject(RefusedFile file) => Rejected = [.. Rejected, file];

    [JSInvokable("Sending")]
    public void TellSending()
    {
        Sending = true;
        Changed();
    }

    [JSInvokable("Arrived")]
    public async Task TellArrived(string[] ids, RefusedFile[] rejected)
    {
        (Sending, Rejected) = (false, rejected);
        await Arrived(ids);
        Changed();
    }

    [JSInvokable("Refused")]
    public void TellRefused(string words)
    {
        Sending = false;
        Refused(words);
        Changed();
    }

    [JSInvokable("Files")]
    public void TellFiles(int count)
    {
        HasFiles = count > 0;
        Changed();
    }

    [JSInvokable("Begun")]
    public Task TellBegun(string id) => Begun(id);

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_module is not null)
            {
                await _module.InvokeVoidAsync("dispose");
                await _module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The page is gone.
        }

        _self?.Dispose();
    }
}

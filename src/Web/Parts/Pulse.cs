using Microsoft.JSInterop;

namespace WebLab.Web.Parts;

/// <summary>What a page that has slept asks: whether its circuit still answers.</summary>
public static class Pulse
{
    [JSInvokable]
    public static bool Awake() => true;
}

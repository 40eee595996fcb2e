using WebLab.Api.Accounts;
using WebLab.Api.Webhooks;
using Xunit;

namespace WebLab.Api.Tests.Webhooks;

public sealed class SignatureTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);

    [Fact]
    public void A_signature_is_the_hmac_of_time_and_body() =>
        // printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        Assert.Equal("t=1767225600,v1=6d204545ff126a339c00513d93603299c984074ce1331c3537c3f6c976b49019", WebhookSignature.Sign("whsec_test", At, """{"a":1}"""));

    [Fact]
    public void A_changed_body_time_or_secret_does_not_fit()
    {
        var header = WebhookSignature.Sign("secret", At, "body");
        Assert.True(WebhookSignature.Fits("secret", header, "body", At));
        Assert.False(WebhookSignature.Fits("secret", header, "body ", At));
        Assert.False(WebhookSignature.Fits("other", header, "body", At));
        Assert.False(WebhookSignature.Fits("secret", header.Replace("t=17", "t=18", StringComparison.Ordinal), "body", At));
        foreach (var broken in (string?[])[null, "", "t=,v1=", "v1=00", "t=x,v1=y"]) Assert.False(WebhookSignature.Fits("secret", broken, "body", At));
    }

    [Fact]
    public void A_message_that_is_played_again_later_does_not_fit()
    {
        var header = WebhookSignature.Sign("secret", At, "body");
        Assert.True(WebhookSignature.Fits("secret", header, "body", At + WebhookSignature.Window));
        Assert.False(WebhookSignature.Fits("secret", header, "body", At + WebhookSignature.Window + TimeSpan.FromSeconds(1)));
        Assert.False(WebhookSignature.Fits("secret", header, "body", At - WebhookSignature.Window - TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Waits_grow_to_four_hours()
    {
        Assert.Equal([10, 30, 90], Enumerable.Range(1, 3).Select(n => WebhookCourier.Wait(n).TotalSeconds));
        Assert.All(Enumerable.Range(1, 200), n => Assert.InRange(WebhookCourier.Wait(n), TimeSpan.FromSeconds(10), TimeSpan.FromHours(4)));
        Assert.Equal(TimeSpan.FromHours(4), WebhookCourier.Wait(100));
    }

    [Fact]
    public void Events_and_thresholds_survive_their_row()
    {
        Threshold[] thresholds = [new("probe.pgd10", ThresholdSide.AtLeast, 0.1), new("train.loss", ThresholdSide.AtMost, 1e-7)];
        var list = WebhookEvents.Write(["run.failed", "run.failed", "run.finished"], thresholds);
        Assert.Equal(["run.failed", "run.finished"], WebhookEvents.Read(list));
        Assert.Equal(thresholds, WebhookEvents.Thresholds(list));
        Assert.Empty(WebhookEvents.Read(WebhookEvents.Write([], [])));
    }
}

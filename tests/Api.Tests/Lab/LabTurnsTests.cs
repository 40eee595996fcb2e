using WebLab.Api.Lab;
using Xunit;

namespace WebLab.Api.Tests.Lab;

public sealed class LabTurnsTests
{
    private readonly LabTurns _turns = new();

    [Fact]
    public async Task Turns_come_in_order_and_places_move_up()
    {
        var first = await _turns.Take(null, CancellationToken.None);
        var (b, c) = (new List<int>(), new List<int>());
        var (second, third) = (_turns.Take(b.Add, CancellationToken.None), _turns.Take(c.Add, CancellationToken.None));
        Assert.Equal(2, _turns.Waiting);
        Assert.False(second.IsCompleted);
        first.Dispose();
        first.Dispose(); // a turn ends once
        (await second).Dispose();
        (await third).Dispose();
        Assert.Equal([1], b);
        Assert.Equal([2, 1], c);
        Assert.Equal(0, _turns.Waiting);
        (await _turns.Take(null, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task Who_gives_up_lets_the_others_move_up()
    {
        var first = await _turns.Take(null, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var places = new List<int>();
        var (second, third) = (_turns.Take(null, gone.Token), _turns.Take(places.Add, CancellationToken.None));
        await gone.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => second);
        Assert.Equal([2, 1], places);
        first.Dispose();
        (await third).Dispose();
    }
}

using WebLab.Engine.Lab;

namespace WebLab.Engine.Tests.Lab;

public sealed class ReelTests
{
    /// <summary>For every length: no more than asked for, evenly spaced, the first among them, and never less than half where there are enough.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(58)]
    public void Keeps_an_even_sample_of_any_length(int most)
    {
        for (var length = 1; length <= 700; length++)
        {
            var reel = new Reel<int>(most);
            for (var k = 0; k < length; k++)
                if (reel.Wants) reel.Add(k);
                else reel.Skip();
            Assert.Equal(length, reel.Seen);
            Assert.InRange(reel.Kept.Count, Math.Min(length, most) / 2, most);
            Assert.Equal(Enumerable.Range(0, reel.Kept.Count).Select(k => k * reel.Stride), reel.Kept);
            Assert.True(reel.Kept[^1] + reel.Stride >= length);
        }
    }
}

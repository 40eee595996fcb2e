using WebLab.Web.Lab;

namespace WebLab.Web.Tests.Lab;

public sealed class HistoryWordsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("1+", "Resists at epoch 1, the only checkpoint there is.")]
    [InlineData("2-", "Does not resist at epoch 2, the only checkpoint there is.")]
    [InlineData("1+ 2+", "Resists at every checkpoint.")]
    [InlineData("1- 4-", "Resists at no checkpoint.")]
    [InlineData("1- 3+ 5+ 9-", "Did not resist at epoch 1; learned to resist by epoch 3, forgot by epoch 9.")]
    [InlineData("1+ 2- 3+", "Resisted at epoch 1; forgot by epoch 2, learned to resist by epoch 3.")]
    public void Turns_are_told_in_order(string history, string words) => Assert.Equal(words,
        HistoryWords.Of([.. history.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(h => (int.Parse(h[..^1]), h[^1] == '+'))]));
}

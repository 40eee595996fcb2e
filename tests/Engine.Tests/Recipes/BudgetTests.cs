using WebLab.Engine.Attacks;

namespace WebLab.Engine.Tests.Recipes;

public class BudgetTests
{
    [Theory]
    [InlineData("8/255", 8 / 255.0)]
    [InlineData("0.031", 0.031)]
    [InlineData("1", 1)]
    [InlineData(" 2 / 255 ", 2 / 255.0)]
    public void A_budget_keeps_its_text_and_the_exact_quotient(string text, double value)
    {
        var budget = Budget.Parse(text);
        Assert.Equal(value, budget.Value);
        Assert.Equal(text.Trim(), budget.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1/255")]
    [InlineData("8/0")]
    [InlineData("8/255/2")]
    [InlineData("NaN")]
    [InlineData("eight")]
    public void What_is_no_radius_is_refused(string text) => Assert.Throws<FormatException>(() => Budget.Parse(text));
}

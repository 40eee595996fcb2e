using WebLab.Api.Compare;
using WebLab.Api.Store.Entities;
using Xunit;

namespace WebLab.Api.Tests.Compare;

public sealed class ComparisonTextTests
{
    private static readonly Comparison Three = new(
        [Run("1", "a_b & 50%", "x"), Run("2", "a|c", "x"), Run("3", "=SUM(1)", null)], [],
        [new SeedGroup("x", "two seeds", [0, 1]), new SeedGroup(null, "=SUM(1)", [2])],
        [ComparisonService.Row("probe.clean", [0.7, 0.72, 0.5]), ComparisonService.Row("run.seconds", [10, null, 7.4]), ComparisonService.Row("best.epoch", [4, 4, 4])], []);

    [Fact]
    public void Markdown_has_a_head_the_best_in_bold_and_no_letter_that_breaks_the_table() => Assert.Equal("""
        | | a\_b & 50% | a\|c | =SUM(1) |
        |---|---:|---:|---:|
        | Clean accuracy, probe (%) | 70.0 | **72.0** | 50.0 |
        | Time of work (s) | 10 | – | **7** |
        | Epoch of the most robust | 4 | 4 | 4 |

        """, new ComparisonText(Three, onlyDifferences: false, bySeeds: false).Markdown());

    [Fact]
    public void Latex_is_a_tabular_whose_names_are_escaped() => Assert.Equal("""
        % \usepackage{booktabs}
        \begin{tabular}{lrrr}
        \toprule
         & a\_b \& 50\% & a\textbar{}c & =SUM(1) \\
        \midrule
        Clean accuracy, probe (\%) & 70.0 & \textbf{72.0} & 50.0 \\
        Time of work (s) & 10 & -- & \textbf{7} \\
        \bottomrule
        \end{tabular}

        """, new ComparisonText(Three, onlyDifferences: true, bySeeds: false).Latex());

    [Fact]
    public void Seeds_become_a_mean_with_its_deviation()
    {
        var text = new ComparisonText(Three, onlyDifferences: true, bySeeds: true);

        Assert.Contains("| | two seeds (n = 2) | =SUM(1) |", text.Markdown(), StringComparison.Ordinal);
        Assert.Contains("| Clean accuracy, probe (%) | **71.0 ± 1.4** | 50.0 |", text.Markdown(), StringComparison.Ordinal);
        Assert.Contains(@"& $\mathbf{71.0 \pm 1.4}$ & 50.0 \\", text.Latex(), StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_keeps_every_digit_and_is_no_formula()
    {
        var lines = new ComparisonText(Three, onlyDifferences: true, bySeeds: false).Csv().Split("\r\n");

        Assert.Equal("figure,a_b & 50%,a|c,'=SUM(1)", lines[0]);
        Assert.Equal("\"Clean accuracy, probe\",0.7,0.72,0.5", lines[1]);
        Assert.Equal("Time of work,10,,7.4", lines[2]);
        var spread = new ComparisonText(Three, onlyDifferences: true, bySeeds: true).Csv().Split("\r\n");
        Assert.Equal("figure,two seeds (n = 2),\"two seeds (n = 2), std\",'=SUM(1),\"'=SUM(1), std\"", spread[0]);
        Assert.All(spread[1..^1], l => Assert.Equal(4, l.Replace(", probe", "").Count(c => c == ',')));
    }

    [Theory]
    [InlineData(@"50% of {x}_1 ~ a^b \ #1 $ & <c>", @"50\% of \{x\}\_1 \textasciitilde{} a\textasciicircum{}b \textbackslash{} \#1 \$ \& \textless{}c\textgreater{}")]
    [InlineData("two\nlines", "two lines")]
    public void Every_letter_that_means_something_to_latex_is_escaped(string text, string escaped) => Assert.Equal(escaped, ComparisonText.EscapeLatex(text));

    [Fact]
    public void No_letter_makes_markdown_of_a_name() => Assert.Equal(@"\*a\* \_b\_ \`c\` \[d\](e) \<f\> \| \\", ComparisonText.EscapeMarkdown(@"*a* _b_ `c` [d](e) <f> | \"));

    [Fact]
    public void The_best_is_marked_where_there_is_a_direction_and_a_difference()
    {
        Assert.Equal([0, 2], ComparisonService.BestOf([0.9, 0.1, 0.9], Better.More));
        Assert.Equal([1], ComparisonService.BestOf([0.9, 0.1, null], Better.Less));
        Assert.Empty(ComparisonService.BestOf([0.9, 0.1], Better.Neither));
        Assert.Empty(ComparisonService.BestOf([0.9, 0.9, null], Better.More));
    }

    private static ComparedRun Run(string id, string name, string? experiment) => new(id, name, RunStatus.Completed, 0, experiment, "two seeds", null, null, null);
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class BatteryGradeTests
{
    private static readonly AutoAttackOptions Whole = new();

    [Fact]
    public void AutoAttack_is_complete_only_with_all_its_parts_and_steps()
    {
        Assert.Equal((GradeLevel.Complete, "AutoAttack standard, complete", "L∞ 8/255"), Of(Whole));
        Assert.Equal((GradeLevel.Complete, "AutoAttack standard, complete", "L∞ 8/255"), Of([.. Whole.Parts()]));
        Assert.Equal((GradeLevel.Complete, "AutoAttack standard, complete", "L∞ 8/255"), Of([new PgdOptions(), .. Whole.Parts().Reverse()]));
        Assert.Equal((GradeLevel.Complete, "AutoAttack plus, complete", "L2 0.5"), Of(new AutoAttackOptions { Version = AutoAttackVersion.Plus, Norm = Norm.L2, Eps = Budget.Parse("0.5") }));
        Assert.Equal((GradeLevel.Bound, "AutoAttack standard, in low precision", "L∞ 8/255"), Of([Whole], Precision.Bf16));

        const string part = "Part of AutoAttack: an upper bound";
        for (var left = 0; left < 4; left++) Assert.Equal(part, Of([.. Whole.Parts().Where((_, k) => k != left)]).Title);
        Assert.Equal(part, Of([.. Whole.Parts().Take(3), new SquareOptions { Queries = 1000 }]).Title);
        Assert.Equal(part, Of([new ApgdOptions { Steps = 10 }, .. Whole.Parts().Skip(1)]).Title);
        Assert.Equal(part, Of(new AutoAttackOptions { Version = AutoAttackVersion.Rand }).Title);
        Assert.Equal((GradeLevel.Bound, part, "L∞ 8/255"), Of(new QuickOptions()));
    }

    [Fact]
    public void Everything_else_is_called_what_it_is()
    {
        Assert.Equal((GradeLevel.None, "Clean accuracy only", ""), Of());
        Assert.Equal((GradeLevel.Weak, "Random noise only", "L∞ 8/255"), Of(new NoiseOptions()));
        Assert.Equal((GradeLevel.Weak, "One step only: far above the truth", "L∞ 4/255"), Of(new FgsmOptions { Eps = Budget.Of255(4) }));
        Assert.Equal((GradeLevel.Bound, "PGD only: an upper bound", "L∞ 8/255"), Of(new FgsmOptions(), new PgdOptions()));
        Assert.Equal((GradeLevel.Bound, "Own battery: an upper bound", "L∞ 8/255"), Of(new PgdOptions(), new MarginOptions()));
        Assert.Equal((GradeLevel.Bound, "Several budgets", "L∞ 8/255, L2 0.5"), Of(new PgdOptions(), new PgdOptions { Norm = Norm.L2, Eps = Budget.Parse("0.5") }));
        Assert.Equal((GradeLevel.Bound, "No radius", ""), Of(new CarliniWagnerOptions()));
        Assert.Equal(GradeLevel.Bound, Of(new PgdOptions(), new DeepFoolOptions()).Level);
        var elsewhere = new TransferOptions { Checkpoint = "runs/x/checkpoints/last" };
        Assert.Equal((GradeLevel.Weak, "Crafted elsewhere: far above the truth", "L∞ 8/255"), Of(elsewhere, new NoiseOptions()));
        Assert.Equal((GradeLevel.Bound, "Own battery: an upper bound", "L∞ 8/255"), Of(elsewhere, new PgdOptions()));
        Assert.Equal("Part of AutoAttack: an upper bound", Of(new QuickOptions()).Title);
        Assert.Equal((GradeLevel.Complete, "AutoAttack standard, complete", "L1 12"), Of([.. new AutoAttackOptions { Norm = Norm.L1, Eps = Budget.Parse("12") }.Parts()]));
    }

    [Fact]
    public void The_parts_of_an_ensemble_are_stages_of_their_own()
    {
        var stages = EvaluationStage.Of([new QuickOptions(), new AutoAttackOptions()]);
        Assert.Equal(["quick-pgd20-margin", "quick-apgd", "quick-apgd-t", "aa-apgd", "aa-apgd-t", "aa-fab-t", "aa-square"], stages.Select(s => s.Name));
        Assert.Equal(["quick ensemble", "autoattack standard"], stages.Select(s => s.Ensemble).Distinct());
    }

    private static (GradeLevel Level, string Title, string Budget) Of(params AttackOptions[] attacks) => Of(attacks, Precision.Fp32);

    private static (GradeLevel Level, string Title, string Budget) Of(AttackOptions[] attacks, Precision precision)
    {
        var grade = BatteryGrade.Of(attacks, precision);
        return (grade.Level, grade.Title, grade.Budget);
    }
}

namespace WebLab.Engine.Attacks;

/// <summary>Attacks under a name.</summary>
/// <param name="Name">Lower case, dashes.</param>
/// <param name="Says">Whose settings these are.</param>
/// <param name="Attacks">In their order.</param>
public sealed record AttackPreset(string Name, string Says, IReadOnlyList<AttackOptions> Attacks);

/// <summary>
/// Batteries that ship, and the settings of PGD and its like that papers and tools report under one name. They are not interchangeable:
/// radius, step, number of steps, start and restarts differ.
/// </summary>
public static class AttackPresets
{
    private static readonly Budget Old = Budget.Parse("0.031");

    public static IReadOnlyList<AttackPreset> All { get; } =
    [
        new("quick", "One gradient step, then the quick ensemble: CW-inf, APGD and APGD-T with 20 steps.", [new FgsmOptions(), new QuickOptions()]),
        new("standard", "PGD with 20 and with 100 steps, the latter from two starts.", [new PgdOptions { Steps = 20 }, new PgdOptions { Steps = 100, Restarts = 2 }]),
        new("autoattack", "AutoAttack, standard version.", [new AutoAttackOptions()]),
        new("pgd-madry", "CIFAR-10 challenge of Madry et al.; torchattacks, MAIR: 10 steps of 2/255.", [new PgdOptions()]),
        // The authors do not cut the start to [0,1] before the first gradient; here it is cut.
        new("pgd-trades", "Evaluation in the code of TRADES and MART: radius 0.031, 20 steps of 0.003.", [new PgdOptions { Eps = Old, StepSize = Budget.Parse("0.003"), Steps = 20 }]),
        new("pgd-fat", "PGD-20 of FAT, GAIRAT and AGAIN: radius 0.031, 20 steps of a quarter of it.", [new PgdOptions { Eps = Old, StepSize = Budget.Parse("0.00775"), Steps = 20 }]),
        new("cw-fat", "CW of FAT, GAIRAT and AGAIN: radius 0.031, 30 steps of a quarter of it on the hinge.", [new MarginOptions { Eps = Old, StepSize = Budget.Parse("0.00775"), Steps = 30 }]),
        new("pgd-lethesec", "Replications of LetheSec: 20 and 100 steps of 2/255.", [new PgdOptions { Steps = 20 }, new PgdOptions { Steps = 100 }]),
        new("cw-lethesec", "CW of LetheSec: 100 steps of 2/255 on the plain margin.", [new PgdOptions { Steps = 100, Loss = AttackLoss.Margin }]),
        new("pgd-wong", "PGD-50-10 of Wong et al. 2020: 50 steps of 2/255 from ten starts.", [new PgdOptions { Steps = 50, Restarts = 10 }]),
        new("pgd-foolbox", "Defaults of foolbox: 40 steps of a thirtieth of the radius.", [new PgdOptions { StepSize = Budget.Parse("0.00104575163"), Steps = 40 }]),
        new("pgd-art", "Defaults of the Adversarial Robustness Toolbox: radius 0.3, 100 steps of 0.1 from the image.", [new PgdOptions { Eps = Budget.Parse("0.3"), StepSize = Budget.Parse("0.1"), Steps = 100, Start = Start.Zero }]),
        new("pgd-advertorch", "Defaults of advertorch: radius 0.3, 40 steps of 0.01.", [new PgdOptions { Eps = Budget.Parse("0.3"), StepSize = Budget.Parse("0.01"), Steps = 40 }]),
        new("pgd-l2", "Usual for CIFAR-10 under L2: radius 0.5, 20 steps of 0.1.", [new PgdOptions { Norm = Norm.L2, Eps = Budget.Parse("0.5"), StepSize = Budget.Parse("0.1"), Steps = 20 }]),
        new("pgd-l2-rice", "Rice et al. 2020 under L2: radius 128/255, 10 steps of 15/255.", [new PgdOptions { Norm = Norm.L2, Eps = Budget.Of255(128), StepSize = Budget.Of255(15) }]),
        new("autoattack-l1", "AutoAttack under L1 at the usual radius of 12.", [new AutoAttackOptions { Norm = Norm.L1, Eps = Budget.Parse("12") }]),
    ];

    /// <summary>Null for a name that is not known.</summary>
    public static AttackPreset? Find(string name) => All.FirstOrDefault(p => p.Name == name);
}

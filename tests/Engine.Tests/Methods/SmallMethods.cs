using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using Xunit;

namespace WebLab.Engine.Tests.Methods;

/// <summary>Every method of the catalog, with options for tinycnn and batches of eight.</summary>
public static class SmallMethods
{
    public static TheoryData<string> All => [.. Kinds.Methods.Entries.Select(e => e.Kind)];

    public static MethodOptions Options(string kind) => (MethodOptions)Kinds.Methods.Find(kind)!.Default() switch
    {
        AlfaOptions alfa => alfa with { Locations = ["stage2"] },
        LearnedAlfaOptions learned => learned with { Locations = ["stage1", "stage2"] },
        FastAdvPropOptions cheap => cheap with { AttackedShare = 0.5 },
        FreeOptions free => free with { Replays = 2 },
        LasAtOptions learned => learned with { Policy = new TinyCnnOptions(), PolicyEvery = 2, StepsTo = 4, Judge = new PgdOptions { Steps = 2 } },
        LbgatOptions guided => guided with { Teacher = new TinyCnnOptions() },
        var options => options,
    };
}

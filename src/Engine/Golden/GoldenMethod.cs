using System.Globalization;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>The one table from the words of reference cases to the catalog's methods.</summary>
internal static class GoldenMethod
{
    public static MethodOptions Options(JsonObject part) => (string)part["kind"]! switch
    {
        "standard" or "vanilla" => new StandardOptions(),
        "pgd-at" => new PgdAtOptions { Attack = Pgd(part), AttackBn = Bn(part) },
        "trades" => new TradesOptions { Attack = Pgd(part), AttackBn = Bn(part), Beta = Number(part, "beta") },
        "mart" => new MartOptions { Attack = Pgd(part), AttackBn = Bn(part), Beta = Number(part, "beta") },
        "awp" => new AwpOptions
        {
            Attack = Pgd(part),
            AttackBn = Bn(part),
            Loss = Enum.Parse<InnerLoss>((string)part["loss"]!, ignoreCase: true),
            Beta = part["beta"] is null ? 0 : Number(part, "beta"),
            Gamma = Number(part, "gamma"),
        },
        "again" or "again-mart" or "again-trades" or "again-awp" => new AgainOptions
        {
            Attack = Pgd(part),
            AttackBn = Bn(part),
            Loss = Enum.Parse<InnerLoss>((string)part["loss"]!, ignoreCase: true),
            Beta = part["beta"] is null ? 0 : Number(part, "beta"),
            Points = part["points"]!.AsArray().Count == 2 ? AttributionPlaces.Both : AttributionPlaces.Last,
            Alpha = Number(part, "alpha"),
            Fusion = (bool)part["hff"]!,
            AuxWeight = Number(part, "auxWeight"),
            Gamma = part["gamma"] is null ? 0 : Number(part, "gamma"),
            StartEpoch = 1,
        },
        "cas" => new CasOptions
        {
            Attack = Pgd(part),
            AttackBn = Bn(part),
            Loss = Enum.Parse<InnerLoss>((string)part["loss"]!, ignoreCase: true),
            Points = part["points"]!.AsArray().Count == 2 ? AttributionPlaces.Both : AttributionPlaces.Last,
            AuxWeight = Number(part, "auxWeight"),
        },
        "las-at" => new LasAtOptions { StartEps = Radius(part, "startEps"), TrueLabel = Number(part, "labelSmoothing"), Policy = new TinyCnnOptions() },
        "afa-stage1" => new AfaOptions { Attack = Pgd(part), GeneratorEpochs = 0 },
        "afa-stage2" => new AfaOptions
        {
            Attack = new PgdOptions { Eps = Radius(part, "epsMax"), Steps = (int)part["steps"]! },
            GeneratorEpochs = 1,
            StepFactor = Number(part, "stepFactor"),
        },
        "fat" or "fat-trades" => new FatOptions
        {
            Attack = Pgd(part),
            AttackBn = Bn(part),
            Loss = Enum.Parse<InnerLoss>((string)part["loss"]!, ignoreCase: true),
            Beta = part["beta"] is null ? 0 : Number(part, "beta"),
            Tau = (int)part["tau"]!,
            TauEpochs = [],
            Omega = Number(part, "omega"),
        },
        "lbgat" => new LbgatOptions { Attack = Pgd(part), AttackBn = Bn(part), Beta = Number(part, "beta"), Teacher = new TinyCnnOptions() },
        "fast" => new FastOptions { Attack = new RandomStartFgsmOptions { Eps = Radius(part, "eps"), StepSize = Radius(part, "stepSize") }, AttackBn = Bn(part) },
        "free" => new FreeOptions { Eps = Radius(part, "eps"), Replays = (int)part["replays"]! },
        "mixed" => new MixedOptions
        {
            Attack = Inner(part),
            AttackBn = InnerBn(part),
            Targeted = Targeted(part),
            MixMode = Enum.Parse<MixMode>((string)part["mixMode"]!, ignoreCase: true),
            CleanWeight = Weights(part)[0],
            AdversarialWeight = Weights(part)[^1],
        },
        "advprop" or "advprop_fg" => new AdvPropOptions
        {
            Attack = Inner(part),
            AttackBn = InnerBn(part),
            Targeted = Targeted(part),
            Banks = (int)part["banks"]!,
            AdvSource = (string?)part["advSource"] == "aug" ? AdvSource.Aug : AdvSource.Basic,
            CleanWeight = Weights(part)[0],
            ViewWeight = Weights(part)[1],
            AdversarialWeight = Weights(part)[^1],
            BnGradRescale = (bool?)part["bnGradRescale"] ?? false,
        },
        "alfa" => Features(part, new AlfaOptions { Locations = [(string)part["location"]!] }),
        "lalfa" => Features(part, new LearnedAlfaOptions
        {
            Locations = [.. part["locations"]!.AsArray().Select(l => (string)l!)],
            L1 = Number(part, "l1"),
            WLr = Number(part, "wLr"),
            WMomentum = Number(part, "wMomentum"),
            WProjection = (string)part["wProjection"]! == "simplex" ? WeightProjection.Simplex : WeightProjection.AffineL1,
        }),
        var kind => throw new NotSupportedException($"method '{kind}' is not in the catalog"),
    };

    /// <summary>The recorded draws under our names.</summary>
    public static Dictionary<string, Tensor> Recording(GoldenCase golden)
    {
        var recording = new Dictionary<string, Tensor>();
        foreach (var (name, value) in golden.Under("draw."))
        {
            if (name == "omega")
                for (var k = 0L; k < value.shape[0]; k++) recording[$"step{k}.omega"] = value[k];
            else recording[name == "noise" ? "start" : name] = value;
        }

        return recording;
    }

    private static PgdOptions Pgd(JsonObject part) => new()
    {
        Eps = Radius(part, "eps"),
        StepSize = Radius(part, "stepSize"),
        Steps = (int)part["steps"]!,
        Start = (string)part["init"]! switch { "gauss" => Start.Gauss, "zero" => Start.Zero, _ => Start.Uniform },
    };

    // Methods of the second family hold their attack in an object of its own.
    private static AttackOptions Inner(JsonObject part)
    {
        var attack = part["attack"]!.AsObject();
        var (eps, step, steps) = (Radius(attack, "eps"), Radius(attack, "alpha"), (int)attack["steps"]!);
        var start = (bool)attack["randStart"]! ? Start.Uniform : Start.Zero;
        return (bool)attack["project"]! ? new PgdOptions { Eps = eps, StepSize = step, Steps = steps, Start = start }
            : new UnprojectedOptions { Eps = eps, StepSize = step, Steps = steps, Start = start };
    }

    private static FeatureOptions Features(JsonObject part, FeatureOptions options)
    {
        var attack = part["attack"]!.AsObject();
        return options with
        {
            StepSize = Radius(attack, "alpha"),
            Steps = (int)attack["steps"]!,
            Eps = Radius(attack, "eps"),
            RandomStart = (bool)attack["randStart"]!,
            Clip = (bool)attack["project"]!,
            Share = Number(part, "lambda"),
            Passes = (bool)part["reusePrefix"]! ? FeaturePasses.Cheap : FeaturePasses.Faithful,
            BnStats = Enum.Parse<FeatureStats>((string)attack["bnStats"]!, ignoreCase: true),
            DetachPrefix = (bool)part["detachPrefix"]!,
            BnUpdate = (string)part["bnUpdate"]! == "all" ? BnUpdate.All : BnUpdate.CleanOnly,
        };
    }

    private static AttackBn InnerBn(JsonObject part) => (bool?)part["attack"]!["bnUpdate"] == true ? AttackBn.Train : AttackBn.Eval;

    private static bool Targeted(JsonObject part) => (bool)part["attack"]!["targeted"]!;

    private static double[] Weights(JsonObject part) => [.. part["lossWeights"]!.AsArray().Select(w => (double)w!)];

    private static AttackBn Bn(JsonObject part) => (string?)part["attackBn"] == "train" ? AttackBn.Train : AttackBn.Eval;

    private static double Number(JsonObject part, string name) => (double)part[name]!;

    private static Budget Radius(JsonObject part, string name) => Budget.Parse(Number(part, name).ToString("R", CultureInfo.InvariantCulture));
}

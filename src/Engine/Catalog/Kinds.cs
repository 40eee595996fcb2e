using WebLab.Engine.Attacks;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Training;

namespace WebLab.Engine.Catalog;

/// <summary>Everything that a recipe can choose from: one line registers a kind.</summary>
public static class Kinds
{
    public static readonly Category<ArchitectureOptions> Architectures = new("architectures", "Architectures",
        typeof(TinyCnnOptions),
        typeof(SmallCnnOptions),
        typeof(ResNet18Options),
        typeof(ResNet34Options),
        typeof(ResNet50Options),
        typeof(ResNet101Options),
        typeof(PreActResNet18Options),
        typeof(WideResNetOptions),
        typeof(ResNet56sOptions),
        typeof(EfficientNetB0Options),
        typeof(EfficientNetB1Options),
        typeof(EfficientNetB2Options),
        typeof(EfficientNetB3Options),
        typeof(EfficientNetB4Options),
        typeof(EfficientNetB5Options),
        typeof(EfficientNetB6Options),
        typeof(EfficientNetB7Options),
        typeof(EfficientNetB8Options));

    public static readonly Category<MethodOptions> Methods = new("methods", "Training methods",
        typeof(StandardOptions),
        typeof(PgdAtOptions),
        typeof(TradesOptions),
        typeof(MartOptions),
        typeof(FatOptions),
        typeof(LbgatOptions),
        typeof(CasOptions),
        typeof(LasAtOptions),
        typeof(AwpOptions),
        typeof(AgainOptions),
        typeof(AfaOptions),
        typeof(FreeOptions),
        typeof(FastOptions),
        typeof(MixedOptions),
        typeof(AdversarialThenCleanOptions),
        typeof(AdvPropOptions),
        typeof(FastAdvPropOptions),
        typeof(AlfaOptions),
        typeof(LearnedAlfaOptions));

    public static readonly Category<AttackOptions> Attacks = new("attacks", "Attacks",
        typeof(NoiseOptions),
        typeof(FgsmOptions),
        typeof(RandomFgsmOptions),
        typeof(RandomStartFgsmOptions),
        typeof(BimOptions),
        typeof(PgdOptions),
        typeof(MarginOptions),
        typeof(MomentumOptions),
        typeof(UnprojectedOptions),
        typeof(ApgdOptions),
        typeof(TargetedApgdOptions),
        typeof(SquareOptions),
        typeof(TransferOptions),
        typeof(DeepFoolOptions),
        typeof(CarliniWagnerOptions),
        typeof(FabOptions),
        typeof(TargetedFabOptions),
        typeof(QuickOptions),
        typeof(AutoAttackOptions));

    public static readonly Category<OptimizerOptions> Optimizers = new("optimizers", "Optimisers",
        typeof(SgdOptions),
        typeof(AdamWOptions),
        typeof(RmsPropOptions));

    public static readonly Category<ScheduleOptions> Schedules = new("schedules", "Learning-rate schedules",
        typeof(ConstantOptions),
        typeof(PiecewiseOptions),
        typeof(CosineOptions),
        typeof(ExponentialOptions),
        typeof(OneCycleOptions));

    public static readonly Category<AugmentationOptions> Augmentations = new("augmentations", "Augmentations",
        typeof(AutoAugmentOptions),
        typeof(CutoutOptions),
        typeof(FlipOptions),
        typeof(NoneOptions),
        typeof(PadCropOptions),
        typeof(RandAugmentOptions),
        typeof(RandomResizedCropOptions),
        typeof(RotationOptions));

    public static readonly Category<Corruption> Corruptions = new("corruptions", "Corruptions",
        typeof(GaussianNoise),
        typeof(ShotNoise),
        typeof(ImpulseNoise),
        typeof(DefocusBlur),
        typeof(GlassBlur),
        typeof(MotionBlur),
        typeof(ZoomBlur),
        typeof(Snow),
        typeof(Frost),
        typeof(Fog),
        typeof(Brightness),
        typeof(Contrast),
        typeof(ElasticTransform),
        typeof(Pixelate),
        typeof(JpegCompression),
        typeof(SpeckleNoise),
        typeof(GaussianBlur),
        typeof(Spatter),
        typeof(Saturate),
        typeof(FrostSynthetic));

    public static IReadOnlyList<Category> All => [Architectures, Methods, Attacks, Optimizers, Schedules, Augmentations, Corruptions];

    /// <summary>The category whose root record is <paramref name="root"/>, if any.</summary>
    public static Category? Of(Type root) => All.FirstOrDefault(c => c.Root == root);
}

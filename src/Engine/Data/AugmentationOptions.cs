using WebLab.Engine.Catalog;

namespace WebLab.Engine.Data;

/// <summary>Options of an augmentation.</summary>
public abstract record AugmentationOptions : Options;

using WebLab.Engine.Catalog;

namespace WebLab.Engine.Training;

/// <summary>Options of an optimiser.</summary>
public abstract record OptimizerOptions : Options;

using WebLab.Engine.Catalog;

namespace WebLab.Engine.Nets;

/// <summary>Options of an architecture.</summary>
public abstract record ArchitectureOptions : Options;

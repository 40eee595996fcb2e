using WebLab.Engine.Catalog;

namespace WebLab.Engine.Methods;

/// <summary>Options of a training method.</summary>
public abstract record MethodOptions : Options;

using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>Options of an attack.</summary>
public abstract record AttackOptions : Options;

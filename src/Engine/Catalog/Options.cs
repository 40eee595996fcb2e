namespace WebLab.Engine.Catalog;

/// <summary>Something wrong (or doubtful) in a recipe, with the JSON path of the field, such as <c>method.attack.stepSize</c>.</summary>
public sealed record Finding(string Path, string Message);

/// <summary>Options of one catalog kind, or a section of a recipe. Single fields are checked by their attributes.</summary>
public abstract record Options
{
    /// <summary>Rules that hold between several properties; paths are relative to this object.</summary>
    public virtual IEnumerable<Finding> Check() => [];

    /// <summary>Doubts that do not forbid a run; paths are relative to this object.</summary>
    public virtual IEnumerable<Finding> Doubts() => [];
}

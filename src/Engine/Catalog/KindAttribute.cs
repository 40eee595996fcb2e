namespace WebLab.Engine.Catalog;

/// <summary>Names an options record in recipes, forms and documents.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KindAttribute(string kind, string title, string summary) : Attribute
{
    /// <summary>The word in recipes: lower case, dashes.</summary>
    public string Kind { get; } = kind;

    public string Title { get; } = title;

    /// <summary>One sentence for somebody who chooses.</summary>
    public string Summary { get; } = summary;

    /// <summary>Heading under which choosers list the kind.</summary>
    public string Group { get; init; } = "";

    /// <summary>Paper or code the kind follows, as "Author et al. year".</summary>
    public string Source { get; init; } = "";

    /// <summary>Address of the paper.</summary>
    public string Link { get; init; } = "";

    /// <summary>Marks a kind whose source could not be had in full.</summary>
    public bool Experimental { get; init; }
}

/// <summary>The option is shown under "advanced" in forms.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AdvancedAttribute : Attribute;

/// <summary>Unit shown behind the number, such as "epochs" or "images".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnitAttribute(string unit) : Attribute
{
    public string Unit { get; } = unit;
}

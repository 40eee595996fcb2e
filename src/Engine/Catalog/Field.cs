using System.Collections.Concurrent;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WebLab.Engine.Attacks;

namespace WebLab.Engine.Catalog;

/// <summary>What a field holds.</summary>
public enum FieldShape
{
    Flag,
    Integer,
    Number,
    Text,
    Budget,
    Word,
    Section,
    Choice,
}

/// <summary>One property of an options record as forms, schemas and validation see it.</summary>
public sealed record Field
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<Field>> Known = new();

    public required string Name { get; init; }

    /// <summary>The name in words: "stepSize" reads "Step size".</summary>
    public required string Title { get; init; }

    public required FieldShape Shape { get; init; }

    /// <summary>The field holds a list of <see cref="Shape"/>.</summary>
    public bool Many { get; init; }

    /// <summary>Null is a value ("absent").</summary>
    public bool Optional { get; init; }

    /// <summary>The field has no default and must be given.</summary>
    public bool Required { get; init; }

    public string Description { get; init; } = "";

    public string Unit { get; init; } = "";

    public bool Advanced { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public string? Pattern { get; init; }

    /// <summary>The allowed words of a <see cref="FieldShape.Word"/>.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The table a <see cref="FieldShape.Choice"/> chooses from.</summary>
    public Category? Category { get; init; }

    /// <summary>The type of one element (nullability removed).</summary>
    public required Type Type { get; init; }

    public required PropertyInfo Property { get; init; }

    /// <summary>Fields of an options record, in the order of declaration.</summary>
    public static IReadOnlyList<Field> Of(Type options) => Known.GetOrAdd(options, static type =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.Name != "EqualityContract" && p.SetMethod is { IsPublic: true })
            .OrderBy(p => p.MetadataToken)
            .Select(From)]);

    /// <summary>The value a fresh record has.</summary>
    public object? DefaultOf(object fresh) => Property.GetValue(fresh);

    private static Field From(PropertyInfo property)
    {
        var nullability = new NullabilityInfoContext().Create(property);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var many = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);
        if (many) type = type.GetGenericArguments()[0];
        var category = Kinds.Of(type);
        var range = property.GetCustomAttribute<RangeAttribute>();
        return new Field
        {
            Name = JsonNamingPolicy.CamelCase.ConvertName(property.Name),
            Title = InWords(property.Name),
            Shape = ShapeOf(type, category),
            Many = many,
            Optional = nullability.WriteState == NullabilityState.Nullable,
            Required = property.IsDefined(typeof(RequiredMemberAttribute)),
            Description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "",
            Unit = property.GetCustomAttribute<UnitAttribute>()?.Unit ?? "",
            Advanced = property.IsDefined(typeof(AdvancedAttribute)),
            Minimum = range is null ? null : Convert.ToDouble(range.Minimum, null),
            Maximum = range is null ? null : Convert.ToDouble(range.Maximum, null),
            Pattern = property.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern,
            Words = type.IsEnum ? [.. Enum.GetNames(type).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)] : [],
            Category = category,
            Type = type,
            Property = property,
        };
    }

    private static FieldShape ShapeOf(Type type, Category? category)
    {
        if (category is not null) return FieldShape.Choice;
        if (type == typeof(bool)) return FieldShape.Flag;
        if (type == typeof(int) || type == typeof(long)) return FieldShape.Integer;
        if (type == typeof(double)) return FieldShape.Number;
        if (type == typeof(string)) return FieldShape.Text;
        if (type == typeof(Budget)) return FieldShape.Budget;
        if (type.IsEnum) return FieldShape.Word;
        if (type.IsAssignableTo(typeof(Options))) return FieldShape.Section;
        throw new InvalidOperationException($"an options record cannot hold a {type.Name}");
    }

    private static string InWords(string name)
    {
        var words = JsonNamingPolicy.SnakeCaseLower.ConvertName(name).Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }
}

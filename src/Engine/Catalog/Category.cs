using System.Reflection;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Catalog;

/// <summary>One kind: its name and words, and the record that holds its options.</summary>
public sealed record Entry(Type Type, KindAttribute About)
{
    public string Kind => About.Kind;

    /// <summary>Fresh options, every property at its default.</summary>
    public Options Default() => (Options)Activator.CreateInstance(Type)!;

    /// <summary>Training methods: cost of a step with fresh options, in steps of standard training, for ResNet-18.</summary>
    public double? Cost => Default() is MethodOptions method ? method.Effort(new ResNet18Options()).Cost : null;
}

/// <summary>A table of kinds with a common base record.</summary>
public abstract class Category
{
    private readonly Dictionary<string, Entry> _byKind;

    private protected Category(string name, string title, Type root, IEnumerable<Type> types)
    {
        Name = name;
        Title = title;
        Root = root;
        Entries = [.. types.Select(t => new Entry(t, t.GetCustomAttribute<KindAttribute>()
            ?? throw new InvalidOperationException($"{t.Name} stands in the catalog without a [Kind]")))];
        _byKind = Entries.ToDictionary(e => e.Kind);
    }

    /// <summary>The word in addresses and documents, such as "attacks".</summary>
    public string Name { get; }

    public string Title { get; }

    /// <summary>The record that all options of the category derive from.</summary>
    public Type Root { get; }

    public IReadOnlyList<Entry> Entries { get; }

    public Entry? Find(string kind) => _byKind.GetValueOrDefault(kind);

    /// <summary>The kind's name of an options record.</summary>
    public string KindOf(Options options) => Entries.First(e => e.Type == options.GetType()).Kind;
}

/// <inheritdoc/>
public sealed class Category<TRoot>(string name, string title, params Type[] types) : Category(name, title, typeof(TRoot), types)
    where TRoot : Options;

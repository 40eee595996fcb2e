using WebLab.Engine.Data;

namespace WebLab.Engine.Tests.Data;

/// <summary>Test images of shapes32 with some of its classes, in an order of their own: a set without training images, such as ImageNet-A.</summary>
internal sealed class SomeShapes(int count, params int[] labels) : ISampleReader
{
    private readonly Shapes32 _shapes = new(10, count, seed: 9);

    public ImageShape Shape => _shapes.Shape;

    public IReadOnlyList<string> Classes => Names ?? [.. labels.Select(k => _shapes.Classes[k])];

    public IReadOnlyList<string>? Names { get; init; }

    public IReadOnlyList<string>? ClassIds { get; init; }

    public bool TestOnly => true;

    public IReadOnlyList<SampleGroup> Groups { get; init; } = [];

    public long Total => count;

    public string Licence => "";

    public string Source => "";

    public IReadOnlyList<RejectedFile> Rejected => [];

    public DatasetManifest Import(string data, string id) => Importer.Import(DatasetShelf.In(data).Folder, id, id, this, TimeProvider.System);

    public IEnumerable<Sample> Read(CancellationToken cancel) =>
        _shapes.Read(cancel).Where(s => s.Split == Split.Test && labels.Contains(s.Label)).Select(s => s with { Label = Array.IndexOf(labels, s.Label) });

    public void Dispose() => _shapes.Dispose();
}

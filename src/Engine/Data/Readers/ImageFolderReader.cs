using WebLab.Engine.Data.Files;
using WebLab.Engine.Images;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// A folder or archive of images, a folder for each class: under <c>train</c> and <c>val</c> or <c>test</c>, or classes at the top,
/// of which a fifth is then cut off for testing. Each image is decoded in a capped process, its middle square cut and resized.
/// What is no readable image is left out and listed. Classes named by WordNet's ids get readable names where a list of them is there. Tiny-ImageNet's own layout (<c>train/CLASS/images</c>, <c>val_annotations.txt</c>) is read too.
/// </summary>
public sealed class ImageFolderReader : ISampleReader
{
    private const int SmallestSize = 8, LargestSize = 512;

    private readonly FileTree _files;
    private readonly ResidentDecoder _decoder;
    private readonly List<RejectedFile> _rejected = [];
    private readonly FolderLayout _layout;
    private readonly int _size;

    /// <param name="size">Side of the images in the data set, in pixels.</param>
    /// <param name="testOnly">Take no training images: the set is for evaluations alone.</param>
    /// <exception cref="DatasetRefused">No class folders are found, or the splits do not fit each other.</exception>
    public ImageFolderReader(FileTree files, int size, bool testOnly = false, ImageLimits? limits = null)
    {
        if (size is < SmallestSize or > LargestSize) throw DatasetRefused.Request($"size: got {size}, wanted {SmallestSize} to {LargestSize} pixels");
        (_files, _size, TestOnly) = (files, size, testOnly);
        _layout = FolderLayout.Of(files, testOnly, _rejected);
        var names = ClassNames.Of(files, _layout.Classes);
        (Classes, ClassIds) = (names ?? _layout.Classes, names is null ? null : _layout.Classes);
        Shape = new ImageShape(3, size, size);
        _decoder = new ResidentDecoder(limits);
    }

    public ImageShape Shape { get; }

    public IReadOnlyList<string> Classes { get; }

    public IReadOnlyList<string>? ClassIds { get; }

    public bool TestOnly { get; }

    public long Total => _layout.Images.Count;

    public string Licence => "As stated by whoever made the images";

    public string Source => $"class folders, {_files.Files.Count} files, middle square resized to {_size} x {_size}";

    public IReadOnlyList<RejectedFile> Rejected => _rejected;

    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var kept = new int[Classes.Count];
        foreach (var (split, label, file) in _layout.Images)
        {
            cancel.ThrowIfCancellationRequested();
            if (Decoded(file) is not { } pixels) continue;
            if (TestOnly || split == Split.Train) kept[label]++;
            yield return new Sample(split, label, pixels);
        }

        var empty = Array.IndexOf(kept, 0);
        if (empty >= 0) throw DatasetRefused.File($"class '{Classes[empty]}' has no readable {(TestOnly ? "test" : "training")} image; {_rejected.Count} files were left out, the first: {First()}");
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _files.Dispose();
    }

    private byte[]? Decoded(TreeFile file)
    {
        try
        {
            if (file.Bytes > ImageLimits.Default.Bytes) throw new ImageRefused(ImageRefused.TooLarge, $"{file.Bytes} bytes");
            return _decoder.Decode(_files.ReadAll(file, ImageLimits.Default.Bytes), new Shaping(Square: _size)).Image.ToPlanes();
        }
        catch (ImageRefused e) when (e.Code != ImageRefused.Unavailable)
        {
            _rejected.Add(new RejectedFile(file.Name, e.Message));
            return null;
        }
    }

    private string First() => _rejected.Count == 0 ? "none" : $"{_rejected[0].Name} ({_rejected[0].Reason})";
}

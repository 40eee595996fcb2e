using System.Security.Cryptography;
using System.Text;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>Which file is an image of which class and split, found from the folders' names.</summary>
internal sealed class FolderLayout
{
    private const int TestShare = 5, LongestAnnotations = 64 << 20;
    private const string Train = "train", Unlabelled = "images";

    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    private readonly List<Entry> _entries;
    private readonly List<RejectedFile> _rejected;

    private FolderLayout(FileTree files, bool testOnly, List<RejectedFile> rejected)
    {
        var images = files.Files.Where(f => !ClassNames.IsList(f.Leaf)).ToArray();
        var skip = CommonFolders(images);
        _entries = [.. images.Select(f => new Entry(f.Name.Split('/')[skip..], f))];
        _rejected = rejected;
        var tops = _entries.Where(e => e.Path.Length > 1).Select(e => e.Path[0]).ToHashSet();
        var found = testOnly ? Held(files, tops) : tops.Contains(Train) ? Split(files, tops) : Cut();
        Classes = [.. found.Select(f => f.Class).Distinct().Order(StringComparer.Ordinal)];
        var label = Classes.Select((name, k) => (name, k)).ToDictionary(c => c.name, c => c.k);
        Images = [.. found.OrderBy(i => i.Split).ThenBy(i => Key(i.File), StringComparer.Ordinal).Select(i => (i.Split, label[i.Class], i.File))];
    }

    /// <summary>The folders' names, in order.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>In an order that mixes the classes and is the same for the same names: by the hash of the name.</summary>
    public IReadOnlyList<(Split Split, int Label, TreeFile File)> Images { get; }

    /// <param name="testOnly">Take no training images: a folder <c>test</c> or <c>val</c> where there is one, else all class folders.</param>
    /// <param name="rejected">Gets the files that stand in no class folder.</param>
    public static FolderLayout Of(FileTree files, bool testOnly, List<RejectedFile> rejected) => new(files, testOnly, rejected);

    private readonly record struct Entry(string[] Path, TreeFile File);

    private List<(Split Split, string Class, TreeFile File)> Split(FileTree files, HashSet<string> tops)
    {
        var (test, held) = Tested(files, tops) ?? throw DatasetRefused.Missing("there is a folder 'train' but no 'test' or 'val' with class folders");
        var train = Filed(Train);
        var classes = train.Select(f => f.Class).ToHashSet();
        if (classes.Count == 0) throw DatasetRefused.Missing("the folder 'train' holds no class folders");
        if (held.FirstOrDefault(f => !classes.Contains(f.Class)) is { Class: { } alien })
            throw DatasetRefused.File($"'{test}' has the class '{alien}', which 'train' lacks");
        Leave(train.Concat(held), []);
        return [.. train.Select(f => (Data.Split.Train, f.Class, f.File)), .. held.Select(f => (Data.Split.Test, f.Class, f.File))];
    }

    private List<(Split Split, string Class, TreeFile File)> Held(FileTree files, HashSet<string> tops)
    {
        var held = Tested(files, tops)?.Images ?? (tops.Contains(Train) ? [] : AtTop());
        if (held.Count == 0) throw DatasetRefused.Missing("there are no class folders to test on: wanted CLASS/image.png, test/CLASS/image.png or val/CLASS/image.png");
        Leave(held, [Train]);
        return [.. held.Select(f => (Data.Split.Test, f.Class, f.File))];
    }

    private List<(Split Split, string Class, TreeFile File)> Cut()
    {
        var all = AtTop();
        if (all.Count == 0) throw DatasetRefused.Missing("there are no class folders: wanted CLASS/image.png, or train/CLASS/image.png and test/CLASS/image.png");
        Leave(all, []);
        var images = new List<(Split, string, TreeFile)>();
        foreach (var group in all.GroupBy(f => f.Class))
        {
            var mixed = group.OrderBy(f => Key(f.File), StringComparer.Ordinal).ToArray();
            if (mixed.Length < 2) throw DatasetRefused.File($"class '{group.Key}' has one file; a class needs one for training and one for testing");
            var held = Math.Max(1, mixed.Length / TestShare);
            images.AddRange(mixed.Select((f, i) => (i < held ? Data.Split.Test : Data.Split.Train, f.Class, f.File)));
        }

        return images;
    }

    // The first folder of a test split that says what its images are.
    private (string Name, List<(string Class, TreeFile File)> Images)? Tested(FileTree files, HashSet<string> tops)
    {
        foreach (var name in TestNames.Where(tops.Contains))
            if ((Annotated(files, name) is { Count: > 0 } annotated ? annotated : Filed(name)) is { Count: > 0 } images) return (name, images);
        return null;
    }

    // CLASS/.../file
    private List<(string Class, TreeFile File)> AtTop() => [.. _entries.Where(e => e.Path.Length > 1).Select(e => (e.Path[0], e.File))];

    // top/CLASS/.../file
    private List<(string Class, TreeFile File)> Filed(string top) =>
        [.. _entries.Where(e => e.Path.Length > 2 && e.Path[0] == top && e.Path[1] != Unlabelled && !IsBoxes(e.File)).Select(e => (e.Path[1], e.File))];

    // Tiny-ImageNet: val/images/NAME, and val/val_annotations.txt with lines NAME <tab> CLASS <tab> box
    private List<(string Class, TreeFile File)> Annotated(FileTree files, string top)
    {
        var list = _entries.Where(e => e.Path is [var first, var leaf] && first == top && leaf == $"{top}_annotations.txt").ToArray();
        if (list.Length == 0) return [];
        var classes = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(files.ReadAll(list[0].File, LongestAnnotations)).Split('\n'))
            if (line.Split('\t') is [var name, var of, ..]) classes[name] = of.Trim();
        return [.. _entries.Where(e => e.Path is [var first, Unlabelled, var leaf] && first == top && classes.ContainsKey(leaf)).Select(e => (classes[e.File.Leaf], e.File))];
    }

    // What is left out is listed; what a layout brings along (Tiny-ImageNet's boxes) is no news, and whole folders are one line.
    private void Leave(IEnumerable<(string Class, TreeFile File)> taken, string[] unwanted)
    {
        var used = taken.Select(f => f.File.Name).ToHashSet();
        var left = _entries.Where(e => !used.Contains(e.File.Name) && !IsBoxes(e.File) && !e.File.Leaf.EndsWith("_annotations.txt", StringComparison.Ordinal))
            .ToLookup(e => e.Path.Length > 2 && TestNames.Contains(e.Path[0]) && e.Path[1] == Unlabelled ? $"{e.Path[0]}/{Unlabelled}"
                : e.Path.Length > 1 && unwanted.Contains(e.Path[0]) ? e.Path[0] : "");
        _rejected.AddRange(left[""].Select(e => new RejectedFile(e.File.Name, "not in a class folder of a split that is used")));
        _rejected.AddRange(left.Where(g => g.Key.Length > 0).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new RejectedFile(g.Key, unwanted.Contains(g.Key) ? $"{g.Count()} files: only test images were asked for" : $"{g.Count()} files without labels")));
    }

    private static bool IsBoxes(TreeFile file) => file.Leaf.EndsWith("_boxes.txt", StringComparison.Ordinal);

    // How many outer folders all files share, short of those that mean something.
    private static int CommonFolders(IReadOnlyList<TreeFile> files)
    {
        var shared = 0;
        while (files.Count > 0 && files[0].Folders is var first && first.Length > shared && first[shared] is var name && name != Train
            && files.All(f => f.Folders is var folders && folders.Length > shared && folders[shared] == name)) shared++;
        return shared;
    }

    private static string Key(TreeFile file) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(file.Name)));
}

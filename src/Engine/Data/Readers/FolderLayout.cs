using System.Security.Cryptography;
using System.Text;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>Which file is an image of which class and split, found from the folders' names.</summary>
internal sealed class FolderLayout
{
    private const int TestShare = 5, LongestAnnotations = 64 << 20;

    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    private FolderLayout(IReadOnlyList<string> classes, IReadOnlyList<(Split, int, TreeFile)> images) => (Classes, Images) = (classes, images);

    /// <summary>In order of name.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>In an order that mixes the classes and is the same for the same names: by the hash of the name.</summary>
    public IReadOnlyList<(Split Split, int Label, TreeFile File)> Images { get; }

    /// <param name="rejected">Gets the files that stand in no class folder.</param>
    public static FolderLayout Of(FileTree files, List<RejectedFile> rejected)
    {
        var skip = CommonFolders(files.Files);
        var tops = files.Files.Select(f => Path(f, skip)).Where(p => p.Length > 1).Select(p => p[0]).ToHashSet();
        return tops.Contains("train") ? Split(files, skip, tops, rejected) : Cut(files, skip, rejected);
    }

    private static FolderLayout Split(FileTree files, int skip, HashSet<string> tops, List<RejectedFile> rejected)
    {
        var test = TestNames.FirstOrDefault(n => tops.Contains(n) && Annotated(files, skip, n).Count + Filed(files, skip, n).Count > 0);
        if (test is null) throw DatasetRefused.Missing("there is a folder 'train' but no 'test' or 'val' with class folders");
        var train = Filed(files, skip, "train");
        var held = Annotated(files, skip, test) is { Count: > 0 } annotated ? annotated : Filed(files, skip, test);
        var classes = train.Select(f => f.Class).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classes.Length == 0) throw DatasetRefused.Missing("the folder 'train' holds no class folders");
        if (held.FirstOrDefault(f => !classes.Contains(f.Class)) is { Class: { } alien })
            throw DatasetRefused.File($"'{test}' has the class '{alien}', which 'train' lacks");
        var used = train.Concat(held).Select(f => f.File.Name).ToHashSet();
        Leave(files, used, rejected);
        return Ordered(classes, [.. train.Select(f => (Data.Split.Train, f.Class, f.File)), .. held.Select(f => (Data.Split.Test, f.Class, f.File))]);
    }

    private static FolderLayout Cut(FileTree files, int skip, List<RejectedFile> rejected)
    {
        var all = files.Files.Where(f => Path(f, skip).Length > 1).Select(f => (Class: Path(f, skip)[0], File: f)).ToArray();
        if (all.Length == 0) throw DatasetRefused.Missing("there are no class folders: wanted CLASS/image.png, or train/CLASS/image.png and test/CLASS/image.png");
        Leave(files, all.Select(f => f.File.Name).ToHashSet(), rejected);
        var images = new List<(Split, string, TreeFile)>();
        foreach (var group in all.GroupBy(f => f.Class))
        {
            var mixed = group.OrderBy(f => Key(f.File), StringComparer.Ordinal).ToArray();
            if (mixed.Length < 2) throw DatasetRefused.File($"class '{group.Key}' has one file; a class needs one for training and one for testing");
            var held = Math.Max(1, mixed.Length / TestShare);
            images.AddRange(mixed.Select((f, i) => (i < held ? Data.Split.Test : Data.Split.Train, f.Class, f.File)));
        }

        return Ordered([.. all.Select(f => f.Class).Distinct().Order(StringComparer.Ordinal)], images);
    }

    private static FolderLayout Ordered(string[] classes, List<(Split Split, string Class, TreeFile File)> images)
    {
        var label = classes.Select((name, k) => (name, k)).ToDictionary(c => c.name, c => c.k);
        return new FolderLayout(classes, [.. images.OrderBy(i => i.Split).ThenBy(i => Key(i.File), StringComparer.Ordinal).Select(i => (i.Split, label[i.Class], i.File))]);
    }

    // top/CLASS/.../file
    private static List<(string Class, TreeFile File)> Filed(FileTree files, int skip, string top) =>
        [.. files.Files.Select(f => (Path: Path(f, skip), File: f)).Where(f => f.Path.Length > 2 && f.Path[0] == top && f.Path[1] != "images").Select(f => (f.Path[1], f.File))
            .Where(f => !f.File.Leaf.EndsWith("_boxes.txt", StringComparison.Ordinal))];

    // Tiny-ImageNet: val/images/NAME, and val/val_annotations.txt with lines NAME <tab> CLASS <tab> ...
    private static List<(string Class, TreeFile File)> Annotated(FileTree files, int skip, string top)
    {
        var lines = files.Files.Where(f => Path(f, skip) is [var first, var leaf] && first == top && leaf == $"{top}_annotations.txt").ToArray();
        if (lines.Length == 0) return [];
        var classes = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(files.ReadAll(lines[0], LongestAnnotations)).Split('\n'))
            if (line.Split('\t') is [var name, var of, ..]) classes[name] = of.Trim();
        return [.. files.Files.Where(f => Path(f, skip) is [var first, "images", var leaf] && first == top && classes.ContainsKey(leaf)).Select(f => (classes[f.Leaf], f))];
    }

    private static void Leave(FileTree files, HashSet<string> used, List<RejectedFile> rejected) =>
        rejected.AddRange(files.Files.Where(f => !used.Contains(f.Name)).Select(f => new RejectedFile(f.Name, "not in a class folder of a split that is used")));

    // How many outer folders all files share, short of those that mean something.
    private static int CommonFolders(IReadOnlyList<TreeFile> files)
    {
        var shared = 0;
        while (files.Count > 0 && files[0].Folders is var first && first.Length > shared && first[shared] is var name && name != "train"
            && files.All(f => f.Folders is var folders && folders.Length > shared && folders[shared] == name)) shared++;
        return shared;
    }

    private static string[] Path(TreeFile file, int skip) => file.Name.Split('/')[skip..];

    private static string Key(TreeFile file) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(file.Name)));
}

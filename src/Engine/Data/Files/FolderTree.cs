namespace WebLab.Engine.Data.Files;

/// <summary>A folder. Links are refused, not followed.</summary>
internal sealed class FolderTree : FileTree
{
    private readonly string _root;

    public FolderTree(string root, DatasetLimits limits)
    {
        _root = Path.GetFullPath(root);
        var rules = new EntryRules(limits);
        var files = new List<TreeFile>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, MaxRecursionDepth = 16 };
        foreach (var entry in new DirectoryInfo(_root).EnumerateFileSystemInfos("*", options))
        {
            var name = Path.GetRelativePath(_root, entry.FullName);
            if (entry.LinkTarget is not null) throw DatasetRefused.Archive($"'{EntryRules.Shown(name)}' is a link");
            if (entry is not FileInfo file || EntryRules.IsClutter(name)) continue;
            files.Add(new TreeFile(rules.Accept(name, file.Length, member: true), file.Length));
        }

        Files = [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    public override Stream Open(TreeFile file) => File.OpenRead(Path.Combine(_root, file.Name));
}

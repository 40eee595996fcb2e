namespace WebLab.Api.Store;

/// <summary>Where everything the product keeps lies; backing it up is copying it. The only place that forms paths from ids.</summary>
public sealed class DataDirectory
{
    public DataDirectory(string root)
    {
        Root = Path.GetFullPath(root);
        foreach (var folder in (string[])[Root, Keys, Datasets, Runs, Models, Lab, Uploads, Backups, Trash])
            Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Keys, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Root { get; }
    public string Database => Path.Combine(Root, "weblab.db");
    public string InstanceLock => Path.Combine(Root, "instance.lock");
    public string Keys => Path.Combine(Root, "keys");
    public string Datasets => Path.Combine(Root, "datasets");
    public string Runs => Path.Combine(Root, "runs");
    public string Models => Path.Combine(Root, "models");
    public string Lab => Path.Combine(Root, "lab");
    public string Uploads => Path.Combine(Root, "uploads");
    public string Backups => Path.Combine(Root, "backups");
    public string Trash => Path.Combine(Root, "trash");

    public string Run(string id) => Child(Runs, id);

    /// <summary>What is kept of a checkpoint that a model names.</summary>
    public string Model(string checkpointId) => Child(Models, checkpointId);

    /// <summary>What is written down of a model.</summary>
    public string ModelCard(string id) => Child(Models, id + ".json");

    public string Dataset(string id, string version) => Child(Child(Datasets, id), version);
    public string LabSession(string id) => Child(Lab, id);
    public string Upload(string id) => Child(Uploads, id);
    public string Trashed(string id) => Child(Trash, id);

    /// <summary>Joins one plain name to a folder of this directory.</summary>
    /// <exception cref="ArgumentException">The name is empty, has a separator or a leading dot, or characters beyond letters, digits and <c>- _ .</c></exception>
    public static string Child(string folder, string name)
    {
        if (name.Length is 0 or > 128 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new ArgumentException($"'{name}' cannot name a file; wanted 1 to 128 of a-z A-Z 0-9 - _ . without a leading dot", nameof(name));
        return Path.Combine(folder, name);
    }

    /// <summary>Bytes free for the server's user on the volume that holds the directory.</summary>
    public long FreeBytes() => new DriveInfo(Root).AvailableFreeSpace;
}

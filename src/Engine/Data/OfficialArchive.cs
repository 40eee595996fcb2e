using System.Security.Cryptography;

namespace WebLab.Engine.Data;

/// <summary>A file on a data set's own site.</summary>
/// <param name="Md5">As the site or its mirror publishes it, lower-case hex. It guards against damage and mix-ups; the transfer itself is by TLS.</param>
public sealed record OfficialFile(string Name, string Url, string Md5);

/// <summary>The official files of a data set: the only addresses that the program ever fetches data from.</summary>
/// <param name="Site">Where a person finds them.</param>
public sealed record OfficialArchive(string Kind, string Site, IReadOnlyList<OfficialFile> Files)
{
    private const string Kriz = "https://www.cs.toronto.edu/~kriz/", Mnist = "https://ossci-datasets.s3.amazonaws.com/mnist/";

    /// <summary>By the kind of import that reads them.</summary>
    public static IReadOnlyList<OfficialArchive> All { get; } =
    [
        new("cifar10", Kriz + "cifar.html", [new("cifar-10-binary.tar.gz", Kriz + "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")]),
        new("cifar100", Kriz + "cifar.html", [new("cifar-100-binary.tar.gz", Kriz + "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")]),
        new("idx", "https://github.com/cvdfoundation/mnist",
        [
            new("train-images-idx3-ubyte.gz", Mnist + "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            new("train-labels-idx1-ubyte.gz", Mnist + "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
            new("t10k-images-idx3-ubyte.gz", Mnist + "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
            new("t10k-labels-idx1-ubyte.gz", Mnist + "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        ]),
    ];

    public static OfficialArchive? Find(string kind) => All.FirstOrDefault(a => a.Kind == kind);

    /// <summary>Fetches the files into a folder and compares their MD5.</summary>
    /// <returns>The file, or the folder where there are several.</returns>
    /// <exception cref="DatasetRefused"><c>unreachable</c>: no network or no such file any more, with the way by hand; <c>bad-archive</c>: other content.</exception>
    public string Fetch(string folder, Action<ReadProgress>? progress = null, CancellationToken cancel = default)
    {
        Directory.CreateDirectory(folder);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        foreach (var file in Files)
        {
            try
            {
                One(client, file, Path.Combine(folder, file.Name), progress, cancel);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                throw new DatasetRefused(DatasetRefused.Unreachable, $"{file.Url} cannot be fetched ({e.Message}). " +
                    $"By hand: get {string.Join(", ", Files.Select(f => f.Name))} from {Site} and import with that file or folder as the path", e);
            }
        }

        return Files.Count == 1 ? Path.Combine(folder, Files[0].Name) : folder;
    }

    private static void One(HttpClient client, OfficialFile file, string path, Action<ReadProgress>? progress, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        response.EnsureSuccessStatusCode();
        var total = response.Content.Headers.ContentLength ?? 0;
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var from = response.Content.ReadAsStream(cancel);
        using (var to = new FileStream(path, FileMode.Create))
        {
            var part = new byte[1 << 16];
            for (int read; (read = from.Read(part)) > 0;)
            {
                cancel.ThrowIfCancellationRequested();
                to.Write(part, 0, read);
                md5.AppendData(part, 0, read);
                progress?.Invoke(new ReadProgress(to.Length, Math.Max(total, to.Length), to.Length));
                if (to.Length > DatasetLimits.Default.Bytes) throw DatasetRefused.Large($"{file.Url} goes on beyond {DatasetLimits.Default.Bytes} bytes");
            }
        }

        var got = Convert.ToHexStringLower(md5.GetHashAndReset());
        if (got != file.Md5) throw DatasetRefused.Archive($"{file.Url} has MD5 {got}, published is {file.Md5}");
    }
}

using System.Security.Cryptography;

namespace WebLab.Engine.Data;

/// <summary>A file on a data set's own site.</summary>
/// <param name="Sha256">Of the file as it has been for years, lower-case hex.</param>
public sealed record OfficialFile(string Name, string Url, string Sha256);

/// <summary>The official files of a data set: the only addresses that the program ever fetches data from.</summary>
/// <param name="Site">Where a person finds them.</param>
public sealed record OfficialArchive(string Kind, string Site, IReadOnlyList<OfficialFile> Files)
{
    private const string Kriz = "https://www.cs.toronto.edu/~kriz/", Mnist = "https://ossci-datasets.s3.amazonaws.com/mnist/",
        Houses = "http://ufldl.stanford.edu/housenumbers/";

    private static readonly OfficialFile SvhnExtra =
        new("extra_32x32.mat", Houses + "extra_32x32.mat", "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3");

    /// <summary>By the kind of import that reads them.</summary>
    public static IReadOnlyList<OfficialArchive> All { get; } =
    [
        new("cifar10", Kriz + "cifar.html", [new("cifar-10-binary.tar.gz", Kriz + "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")]),
        new("cifar100", Kriz + "cifar.html", [new("cifar-100-binary.tar.gz", Kriz + "cifar-100-binary.tar.gz", "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")]),
        new("idx", "https://github.com/cvdfoundation/mnist",
        [
            new("train-images-idx3-ubyte.gz", Mnist + "train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            new("train-labels-idx1-ubyte.gz", Mnist + "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            new("t10k-images-idx3-ubyte.gz", Mnist + "t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            new("t10k-labels-idx1-ubyte.gz", Mnist + "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ]),
        // Plain HTTP, as the site links them: the sums tell whether these are the files.
        new("svhn", Houses,
        [
            new("train_32x32.mat", Houses + "train_32x32.mat", "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
            new("test_32x32.mat", Houses + "test_32x32.mat", "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
        ]),
    ];

    /// <param name="extra">svhn: with the extra training images.</param>
    public static OfficialArchive? Find(string kind, bool extra = false) =>
        All.FirstOrDefault(a => a.Kind == kind) is not { } found ? null : extra && kind == "svhn" ? found with { Files = [.. found.Files, SvhnExtra] } : found;

    /// <summary>Fetches the files into a folder and compares their SHA-256.</summary>
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
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var from = response.Content.ReadAsStream(cancel);
        using (var to = new FileStream(path, FileMode.Create))
        {
            var part = new byte[1 << 16];
            for (int read; (read = from.Read(part)) > 0;)
            {
                cancel.ThrowIfCancellationRequested();
                to.Write(part, 0, read);
                sha256.AppendData(part, 0, read);
                progress?.Invoke(new ReadProgress(to.Length, Math.Max(total, to.Length), to.Length));
                if (to.Length > DatasetLimits.Default.Bytes) throw DatasetRefused.Large($"{file.Url} goes on beyond {DatasetLimits.Default.Bytes} bytes");
            }
        }

        var got = Convert.ToHexStringLower(sha256.GetHashAndReset());
        if (got != file.Sha256) throw DatasetRefused.Archive($"{file.Url} has SHA-256 {got}, known is {file.Sha256}");
    }
}

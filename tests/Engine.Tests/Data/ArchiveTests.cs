using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Tests.Data;

public sealed class ArchiveTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> UnsafeNames =>
    [
        "../up.png", "a/../../up.png", "/etc/passwd", "C:/windows", "a\\b.png", "..", "a//b", "nul\0byte.png", "bell\a.png", "a/../b", new string('x', 2000), "~/../x", "./../x",
    ];

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void An_unsafe_name_in_a_zip_is_refused(string name) => Refused(DatasetRefused.BadArchive, Zip((name, [1])));

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void An_unsafe_name_is_refused_wherever_it_comes_from(string name) => Assert.Throws<DatasetRefused>(() => EntryRules.Clean(name));

    [Theory]
    [InlineData("a/b.png", "a/b.png")]
    [InlineData("./a/./b.png", "a/b.png")]
    [InlineData("a..b/c...png", "a..b/c...png")]
    [InlineData("Ünïcode/日本.png", "Ünïcode/日本.png")]
    public void An_ordinary_name_stays(string name, string clean) => Assert.Equal(clean, EntryRules.Clean(name));

    [Fact]
    public void Files_of_a_zip_come_in_order_of_name_without_clutter()
    {
        using var files = Open(Zip(("b/2.png", [2, 2]), ("a/1.png", [1]), ("__MACOSX/a/._1.png", [9]), (".DS_Store", [9])));
        Assert.Equal([new TreeFile("a/1.png", 1), new TreeFile("b/2.png", 2)], files.Files);
        Assert.Equal([2, 2], files.ReadAll(files.Files[1], 10));
        Assert.Equal(DatasetRefused.TooLarge, Assert.Throws<DatasetRefused>(() => files.ReadAll(files.Files[1], 1)).Code);
    }

    [Fact]
    public void The_same_name_twice_is_refused() => Refused(DatasetRefused.BadArchive, Zip(("a.png", [1]), ("A.png", [2])), "twice");

    [Theory]
    [InlineData("inner.zip")]
    [InlineData("inner.tar.gz")]
    [InlineData("inner.TGZ")]
    public void An_archive_inside_the_archive_is_refused(string name) => Refused(DatasetRefused.BadArchive, Zip((name, [1])), "inside");

    [Fact]
    public void A_symbolic_link_in_a_zip_is_refused()
    {
        var path = Zip(("link", Encoding.UTF8.GetBytes("/etc/passwd")));
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update)) zip.Entries[0].ExternalAttributes = unchecked((int)0xA1FF0000);
        Refused(DatasetRefused.BadArchive, path, "link");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public void What_is_no_file_in_a_tar_is_refused(TarEntryType type)
    {
        var path = Path.Combine(_folder.Path, "x.tar.gz");
        using (var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest)))
        {
            var entry = new PaxTarEntry(type, "entry");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = "/etc/passwd";
            tar.WriteEntry(entry);
        }

        Refused(DatasetRefused.BadArchive, path, "link");
    }

    [Fact]
    public void A_link_in_a_folder_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), "/etc/passwd");
        Assert.Contains("link", Assert.Throws<DatasetRefused>(() => Open(_folder.Path)).Message);
    }

    [Fact]
    public void A_bomb_is_refused_by_its_ratio()
    {
        Refused(DatasetRefused.BadArchive, Zip(("zeros.png", new byte[8 << 20])), "bomb");
        var path = Path.Combine(_folder.Path, "bomb.tar.gz");
        using (var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.SmallestSize)))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "zeros.bin") { DataStream = new MemoryStream(new byte[8 << 20]) });
        Refused(DatasetRefused.BadArchive, path, "bomb");
    }

    [Fact]
    public void Too_many_files_are_refused()
    {
        var few = new DatasetLimits { Files = 3 };
        var path = Zip([.. Enumerable.Range(0, 4).Select(i => ($"{i}.png", new byte[] { 1 }))]);
        Assert.Equal(DatasetRefused.TooLarge, Assert.Throws<DatasetRefused>(() => FileTree.Open(path, _folder.Path, few)).Code);
    }

    [Fact]
    public void A_directory_of_a_million_entries_is_refused_unread()
    {
        // An end record (zip64) that claims 2^20 entries, and nothing else.
        var wide = new byte[56];
        "PK\x06\x06"u8.CopyTo(wide);
        BitConverter.TryWriteBytes(wide.AsSpan(32), 1UL << 20);
        byte[] end = [.. "PK\x05\x06"u8, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0];
        var path = Path.Combine(_folder.Path, "million.zip");
        File.WriteAllBytes(path, [.. "PK"u8, .. wide, .. end]);
        var limits = new DatasetLimits { Files = 1000 };
        Assert.Equal(DatasetRefused.TooLarge, Assert.Throws<DatasetRefused>(() => FileTree.Open(path, _folder.Path, limits)).Code);
    }

    [Fact]
    public void No_more_bytes_come_than_were_declared()
    {
        // The directory says 1 byte unpacked; the data unpacks to 5,000.
        var path = Zip(("a.png", [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 31 + i / 7))]));
        var bytes = File.ReadAllBytes(path);
        var directory = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), 1);
        File.WriteAllBytes(path, bytes);
        using var files = Open(path);
        using var stream = files.Open(files.Files[0]);
        var read = new MemoryStream();
        var refused = Record.Exception(() => stream.CopyTo(read));
        Assert.True(refused is null or DatasetRefused);
        Assert.InRange(read.Length, 0, 1);
    }

    [Fact]
    public void A_zip_cut_anywhere_is_refused()
    {
        var bytes = File.ReadAllBytes(Zip(("a/1.png", [1, 2, 3]), ("b/2.png", [4])));
        for (var length = 1; length < bytes.Length; length += 3)
        {
            var path = Path.Combine(_folder.Path, "cut.zip");
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Throws<DatasetRefused>(() => Open(path));
        }
    }

    [Fact]
    public void What_is_no_archive_is_refused()
    {
        var path = Path.Combine(_folder.Path, "text.zip");
        File.WriteAllText(path, "hello");
        Refused(DatasetRefused.BadArchive, path, "neither");
    }

    private void Refused(string code, string path, string says = "")
    {
        var refused = Assert.Throws<DatasetRefused>(() => Open(path));
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Message);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    private FileTree Open(string path) => FileTree.Open(path, Path.Combine(_folder.Path, "scratch"), DatasetLimits.Default);

    private string Zip(params (string Name, byte[] Bytes)[] files)
    {
        var path = Path.Combine(_folder.Path, "made.zip");
        File.Delete(path);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, bytes) in files)
        {
            using var stream = zip.CreateEntry(name).Open();
            stream.Write(bytes);
        }

        return path;
    }
}

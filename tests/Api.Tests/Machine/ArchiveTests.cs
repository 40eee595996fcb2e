using System.Formats.Tar;
using WebLab.Api.Machine;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Store;
using Xunit;

namespace WebLab.Api.Tests.Machine;

public sealed class ArchiveTests : IDisposable
{
    private readonly TempData _from = new(), _to = new();
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"weblab-{Environment.ProcessId}-{Environment.TickCount64}.tar.gz");
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_backup_of_a_living_store_comes_back_whole_and_the_former_content_is_kept()
    {
        await _from.Store.Write(c => { c.Settings.Add(new Setting { Key = "k", Value = "v" }); }, Cancel);
        Directory.CreateDirectory(Path.Combine(_from.Data.Runs, "r1", "attempt-1"));
        await File.WriteAllTextAsync(Path.Combine(_from.Data.Runs, "r1", "attempt-1", "outbox.jsonl"), "{}\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(_from.Data.Keys, "key.xml"), "<key/>", Cancel);
        Archive.Write(_from.Data, _file, TimeProvider.System);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file));

        await _to.Store.Write(c => { c.Settings.Add(new Setting { Key = "old", Value = "v" }); }, Cancel);
        _to.Close();
        var former = Restore.Read(_to.Data, _file, TimeProvider.System);

        Assert.True(File.Exists(Path.Combine(former!, "weblab.db")));
        Assert.Equal("{}\n", await File.ReadAllTextAsync(Path.Combine(_to.Data.Runs, "r1", "attempt-1", "outbox.jsonl"), Cancel));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_to.Data.Keys, "key.xml")));
        await using var rows = _to.Store.Read();
        Assert.Equal("k", Assert.Single(rows.Settings).Key);
    }

    [Fact]
    public void A_served_directory_is_not_overwritten()
    {
        _ = _from.Store;
        Archive.Write(_from.Data, _file, TimeProvider.System);
        using var served = InstanceLock.Take(_to.Data);
        Assert.Throws<StoreRefusedException>(() => Restore.Read(_to.Data, _file, TimeProvider.System));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void A_cut_backup_is_refused_and_changes_nothing(double part)
    {
        _ = _from.Store;
        File.WriteAllBytes(Path.Combine(_from.Data.Lab, "noise.bin"), [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7919 >> 3))]);
        Archive.Write(_from.Data, _file, TimeProvider.System);
        var whole = File.ReadAllBytes(_file);
        File.WriteAllBytes(_file, whole[..(int)(part * whole.Length)]);
        Assert.Throws<ArchiveRefusedException>(() => Restore.Read(_to.Data, _file, TimeProvider.System));
        Assert.False(File.Exists(_to.Data.Database));
        Assert.Empty(Directory.GetFileSystemEntries(_to.Data.Backups));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("runs/../../outside")]
    [InlineData("/etc/outside")]
    [InlineData("runs//x")]
    public void A_name_that_leaves_the_directory_is_refused(string name)
    {
        using (var tar = new TarWriter(File.Create(_file)))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });
        Assert.Throws<ArchiveRefusedException>(() => Restore.Read(_to.Data, _file, TimeProvider.System));
        Assert.False(File.Exists(Path.Combine(_to.Data.Root, "..", "outside")));
    }

    [Fact]
    public void A_link_is_refused()
    {
        using (var tar = new TarWriter(File.Create(_file)))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "runs/link") { LinkName = "/etc/passwd" });
        Assert.Throws<ArchiveRefusedException>(() => Restore.Read(_to.Data, _file, TimeProvider.System));
    }
}

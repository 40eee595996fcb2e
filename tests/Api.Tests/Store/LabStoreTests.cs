using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using Xunit;

namespace WebLab.Api.Tests.Store;

public sealed class LabStoreTests : IDisposable
{
    private readonly TempData _temp = new();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_systems_sqlite_is_loaded() =>
        Assert.True(System.Version.Parse(SystemSqlite.Version()) >= new System.Version(3, 40));

    [Fact]
    public async Task What_is_written_is_read()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        await _temp.Store.Write(c => { c.Audit.Add(Entry("a", at)); }, Cancel);
        using var read = _temp.Store.Read();
        var entry = Assert.Single(await read.Audit.Where(a => a.At >= at).ToListAsync(Cancel));
        Assert.Equal(at, entry.At);
    }

    [Fact]
    public async Task A_change_that_throws_undoes_itself_alone()
    {
        var store = _temp.Store;
        var good = store.Write(c => { c.Settings.Add(new Setting { Key = "good", Value = "1" }); }, Cancel);
        var bad = store.Write(c =>
        {
            c.Settings.Add(new Setting { Key = "bad", Value = "1" });
            c.SaveChanges();
            throw new InvalidOperationException("refused");
        }, Cancel);
        var after = store.Write(c => { c.Settings.Add(new Setting { Key = "after", Value = "1" }); }, Cancel);
        await good;
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        await after;
        using var read = store.Read();
        Assert.Equal(["after", "good"], await read.Settings.Select(s => s.Key).OrderBy(k => k).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Changes_are_applied_in_order_and_none_is_lost_under_readers()
    {
        var store = _temp.Store;
        await store.Write(c => { c.Settings.Add(new Setting { Key = "n", Value = "0" }); }, Cancel);
        var writes = Enumerable.Range(0, 500).Select(_ => store.Write(c =>
        {
            var n = c.Settings.Single(s => s.Key == "n");
            return n.Value = (int.Parse(n.Value) + 1).ToString();
        }, Cancel)).ToList();
        for (var i = 0; i < 50; i++)
        {
            using var read = store.Read();
            Assert.InRange(int.Parse((await read.Settings.SingleAsync(Cancel)).Value), 0, 500);
        }
        Assert.Equal(Enumerable.Range(1, 500).Select(n => n.ToString()), await Task.WhenAll(writes));
    }

    [Fact]
    public async Task A_full_queue_refuses_and_takes_again_when_there_is_room()
    {
        using var store = _temp.Open(capacity: 2);
        using var entered = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var first = store.Write(_ => { entered.Set(); gate.Wait(Cancel); }, Cancel);
        entered.Wait(Cancel);
        var second = store.Write(_ => { }, Cancel);
        await Assert.ThrowsAsync<StoreBusyException>(() => store.Write(_ => { }, Cancel));
        var patient = store.WriteWhenFree(_ => 7, Cancel);
        gate.Set();
        await Task.WhenAll(first, second);
        Assert.Equal(7, await patient);
    }

    [Fact]
    public async Task A_lock_by_another_process_delays_changes_and_loses_none()
    {
        var store = _temp.Store;
        using var other = new SqliteConnection(Opening.ConnectionString(_temp.Data.Database));
        other.Open();
        var held = other.BeginTransaction();
        var write = store.Write(c => { c.Settings.Add(new Setting { Key = "k", Value = "v" }); }, Cancel);
        Assert.False(write.IsCompleted);
        held.Rollback();
        await write;
    }

    [Fact]
    public void A_database_of_a_newer_version_is_refused()
    {
        _temp.Open().Dispose();
        Execute("INSERT INTO __EFMigrationsHistory VALUES ('99991231000000_Future', '6.0.7')");
        var refusal = Assert.Throws<StoreRefusedException>(() => _temp.Open());
        Assert.Contains("newer WebLab", refusal.Message);
    }

    [Fact]
    public void A_damaged_database_is_refused_with_the_way_out()
    {
        File.WriteAllText(_temp.Data.Database, "this is no database at all, however long one looks at it");
        var refusal = Assert.Throws<StoreRefusedException>(() => _temp.Open());
        Assert.Contains("indexed anew", refusal.Message);
    }

    [Fact]
    public void An_existing_database_is_backed_up_before_it_is_migrated()
    {
        Execute("CREATE TABLE Older (A); INSERT INTO Older VALUES (42)");
        _temp.Open().Dispose();
        var copy = Assert.Single(Directory.GetFiles(_temp.Data.Backups, "*.db"));
        using var connection = new SqliteConnection(Opening.ConnectionString(copy));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT A FROM Older";
        Assert.Equal(42L, command.ExecuteScalar());
    }

    [Fact]
    public async Task A_database_of_the_first_version_is_migrated_with_its_rows_and_backed_up()
    {
        using (var older = new LabContext(new DbContextOptionsBuilder<LabContext>().UseSqlite(Opening.ConnectionString(_temp.Data.Database)).Options))
            older.GetService<IMigrator>().Migrate("20261121012900_Initial");
        Execute("""
            INSERT INTO Experiments (Id, ProjectId, Name, Notes, TagList, RecipeJson, RecipeHash, Method, Architecture, DatasetId, KeepJson, CreatedAt, Version)
            VALUES ('e', 'default', 'older', '', ',kept,', '{}', 'hash', 'standard', 'tiny-cnn', 'shapes32', '{}', 1700000000123, 7)
            """);

        using var read = _temp.Store.Read();
        var experiment = Assert.Single(await read.Experiments.ToListAsync(Cancel));
        Assert.Equal(("older", ",kept,", 7L, null), (experiment.Name, experiment.TagList, experiment.Version, experiment.SweepId));
        Assert.Empty(await read.ModelVersions.ToListAsync(Cancel));
        Assert.Empty(await read.Database.GetPendingMigrationsAsync(Cancel));
        Assert.Contains("before-", Assert.Single(Directory.GetFiles(_temp.Data.Backups, "*.db")));
    }

    [Fact]
    public void A_second_server_on_the_same_directory_is_refused()
    {
        using (InstanceLock.Take(_temp.Data))
            Assert.Contains("Another WebLab server", Assert.Throws<StoreRefusedException>(() => InstanceLock.Take(_temp.Data)).Message);
        InstanceLock.Take(_temp.Data).Dispose();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a\0b")]
    [InlineData("a\\b")]
    [InlineData("%2e%2e")]
    public void A_name_that_could_leave_the_directory_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => _temp.Data.Run(name));

    private static AuditEntry Entry(string id, DateTimeOffset at) => new() { Id = id, At = at, Actor = "tester", Action = "test", Target = "none" };

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection(Opening.ConnectionString(_temp.Data.Database));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

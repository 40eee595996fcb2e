using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace WebLab.Api.Store;

/// <summary>What happens before the first query: check, refuse, back up, migrate.</summary>
internal static class Opening
{
    public static string ConnectionString(string database)
    {
        SystemSqlite.Use();
        return new SqliteConnectionStringBuilder { DataSource = database, DefaultTimeout = 30 }.ToString();
    }

    /// <exception cref="StoreRefusedException">The database is damaged, or written by a newer version.</exception>
    public static void Prepare(DataDirectory data, TimeProvider time, ILogger log)
    {
        var existed = File.Exists(data.Database) && new FileInfo(data.Database).Length > 0;
        using var connection = new SqliteConnection(ConnectionString(data.Database));
        try
        {
            connection.Open();
            Run(connection, "PRAGMA journal_mode=WAL");
            var verdict = Run(connection, "PRAGMA quick_check(1)");
            if (verdict != "ok") throw Damaged(data, verdict ?? "no answer", null);
        }
        catch (SqliteException e)
        {
            throw Damaged(data, e.Message, e);
        }

        using var context = new LabContext(new DbContextOptionsBuilder<LabContext>().UseSqlite(connection).Options);
        var unknown = context.Database.GetAppliedMigrations().Except(context.Database.GetMigrations()).ToList();
        if (unknown.Count > 0)
            throw new StoreRefusedException(
                $"{data.Database} was written by a newer WebLab (it has '{unknown[0]}'). Start that version, or restore a backup from {data.Backups}.");
        var pending = context.Database.GetPendingMigrations().ToList();
        if (pending.Count == 0) return;
        if (existed)
        {
            var copy = Backup(data, time, connection, $"before-{pending[0]}");
            log.LogInformation("Backed up the database to {Copy} before migrating", copy);
        }
        context.Database.Migrate();
    }

    /// <summary>A consistent copy of the live database, made by SQLite itself.</summary>
    /// <returns>Path of the copy under <c>backups/</c>.</returns>
    public static string Backup(DataDirectory data, TimeProvider time, SqliteConnection connection, string label)
    {
        var copy = DataDirectory.Child(data.Backups, $"weblab-{time.GetUtcNow():yyyyMMdd-HHmmss}-{label}.db");
        File.Delete(copy);
        using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", copy);
        command.ExecuteNonQuery();
        return copy;
    }

    private static string? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as string;
    }

    private static StoreRefusedException Damaged(DataDirectory data, string verdict, Exception? inner) => new(
        $"{data.Database} is damaged ({verdict}). Restore a backup from {data.Backups}; or move the file away and start again: " +
        "runs are indexed anew from their folders, accounts have to be made anew.", inner);
}

using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Accounts;

namespace WebLab.Api.Store;

/// <summary>
/// The open store: many readers, one writer. Changes queue up to <see cref="Capacity"/> and are applied in order by one thread,
/// several to a transaction, each in its own savepoint: one that throws undoes itself alone.
/// </summary>
public sealed class LabStore : IDisposable
{
    /// <summary>Changes that may wait before <see cref="Write{T}"/> refuses.</summary>
    public const int Capacity = 10_000;
    private const int BatchSize = 128;
    private const int SqliteBusy = 5;

    private readonly string _connectionString;
    private readonly ILogger<LabStore> _log;
    private readonly DbContextOptions<LabContext> _reading;
    private readonly BlockingCollection<IChange> _changes = [];
    private readonly SemaphoreSlim _room;
    private readonly TimeProvider _time;
    private readonly Ids _ids;
    private readonly Thread _writer;

    /// <summary>Opens, checks and migrates the database of a data directory; see <see cref="Opening"/>.</summary>
    /// <exception cref="StoreRefusedException">It is damaged, or newer than this program.</exception>
    public LabStore(DataDirectory data, TimeProvider time, ILogger<LabStore> log, int capacity = Capacity)
    {
        (_log, _time, _ids) = (log, time, new Ids(time));
        _room = new SemaphoreSlim(capacity);
        _connectionString = Opening.ConnectionString(data.Database);
        Opening.Prepare(data, time, log);
        _reading = Options(o => o.UseSqlite(_connectionString).UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));
        _writer = new Thread(ApplyChanges) { IsBackground = true, Name = "store writer" };
        _writer.Start();
    }

    /// <summary>Changes that wait now.</summary>
    public int Waiting => _changes.Count;

    /// <summary>A context for reading, untracked; dispose it. What it reads is one snapshot per statement.</summary>
    public LabContext Read() => new(_reading);

    /// <summary>Applies a change on the writer's thread and saves it; returns what the change returned, once it is on disk.</summary>
    /// <param name="change">Synchronous; reads and changes tracked entities. It must not wait for anything else.</param>
    /// <param name="cancel">Takes the change out of the queue while it still waits.</param>
    /// <exception cref="StoreBusyException">The queue is full.</exception>
    public Task<T> Write<T>(Func<LabContext, T> change, CancellationToken cancel) =>
        _room.Wait(0, cancel) ? Enqueue(change, cancel) : throw new StoreBusyException();

    /// <inheritdoc cref="Write{T}(Func{LabContext, T}, CancellationToken)"/>
    public Task Write(Action<LabContext> change, CancellationToken cancel) =>
        Write(c => { change(c); return true; }, cancel);

    /// <summary>As <see cref="Write{T}"/>, but waits for room instead of refusing; for the background services.</summary>
    public async Task<T> WriteWhenFree<T>(Func<LabContext, T> change, CancellationToken cancel)
    {
        await _room.WaitAsync(cancel);
        return await Enqueue(change, cancel);
    }

    public void Dispose()
    {
        if (_changes.IsAddingCompleted) return;
        _changes.CompleteAdding();
        _writer.Join();
    }

    private Task<T> Enqueue<T>(Func<LabContext, T> work, CancellationToken cancel)
    {
        var change = new Change<T>(work, Acting.Now is { } act ? rows => Trail.Note(rows, act, _ids, _time.GetUtcNow()) : null, cancel);
        try
        {
            _changes.Add(change, CancellationToken.None);
        }
        catch
        {
            _room.Release();
            throw;
        }
        return change.Done;
    }

    private void ApplyChanges()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        var options = Options(o => o.UseSqlite(connection));
        var batch = new List<IChange>(BatchSize);
        foreach (var first in _changes.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < BatchSize && _changes.TryTake(out var next)) batch.Add(next);
            ApplyBatch(connection, options, batch);
            _room.Release(batch.Count);
            batch.Clear();
        }
    }

    private void ApplyBatch(SqliteConnection connection, DbContextOptions<LabContext> options, List<IChange> batch)
    {
        try
        {
            using var transaction = Begin(connection);
            foreach (var change in batch)
            {
                transaction.Save("change");
                using var context = new LabContext(options);
                context.Database.UseTransaction(transaction);
                if (change.TryApply(context)) transaction.Release("change");
                else transaction.Rollback("change");
            }
            transaction.Commit();
        }
        catch (Exception e)
        {
            _log.LogError(e, "{Count} changes could not be stored", batch.Count);
            foreach (var change in batch) change.Fail(e);
            return;
        }
        foreach (var change in batch) change.Report();
    }

    // Another process (a backup tool, a shell) may hold the database for long: changes wait, none is lost.
    private SqliteTransaction Begin(SqliteConnection connection)
    {
        while (true)
        {
            try
            {
                return connection.BeginTransaction();
            }
            catch (SqliteException e) when (e.SqliteErrorCode == SqliteBusy && !_changes.IsAddingCompleted)
            {
                _log.LogWarning("The database is locked by another process; {Count} changes wait", _changes.Count);
            }
        }
    }

    private static DbContextOptions<LabContext> Options(Action<DbContextOptionsBuilder<LabContext>> with)
    {
        var builder = new DbContextOptionsBuilder<LabContext>();
        with(builder);
        return builder.Options;
    }

    private interface IChange
    {
        /// <summary>False when the change threw and must be undone.</summary>
        bool TryApply(LabContext context);
        void Report();
        void Fail(Exception e);
    }

    private sealed class Change<T>(Func<LabContext, T> work, Action<LabContext>? note, CancellationToken cancel) : IChange
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _error;

        public Task<T> Done => _done.Task;

        public bool TryApply(LabContext context)
        {
            try
            {
                cancel.ThrowIfCancellationRequested();
                _result = work(context);
                note?.Invoke(context);
                context.SaveChanges();
                return true;
            }
            catch (Exception e)
            {
                _error = e;
                return false;
            }
        }

        public void Report()
        {
            if (_error is null) _done.SetResult(_result!);
            else if (_error is OperationCanceledException) _done.SetCanceled(cancel);
            else _done.SetException(_error);
        }

        public void Fail(Exception e) => _done.SetException(e);
    }
}

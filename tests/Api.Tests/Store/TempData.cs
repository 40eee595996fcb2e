using Microsoft.Extensions.Logging.Abstractions;
using WebLab.Api.Store;

namespace WebLab.Api.Tests.Store;

/// <summary>A data directory of its own, gone after the test.</summary>
public sealed class TempData : IDisposable
{
    private LabStore? _store;

    public TempData() => Data = new DataDirectory(Path.Combine(Path.GetTempPath(), "weblab-test-" + Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N")));

    public DataDirectory Data { get; }
    public LabStore Store => _store ??= Open();

    public LabStore Open(int capacity = LabStore.Capacity) => new(Data, TimeProvider.System, NullLogger<LabStore>.Instance, capacity);

    public void Close()
    {
        _store?.Dispose();
        _store = null;
    }

    public void Dispose()
    {
        Close();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Data.Root, recursive: true);
    }
}

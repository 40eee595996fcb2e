namespace WebLab.Api.Store;

/// <summary>One server per data directory: holds an exclusive lock on <c>instance.lock</c> until disposed; the kernel lets go when the process dies.</summary>
public sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    /// <exception cref="StoreRefusedException">Another server holds the directory.</exception>
    public static InstanceLock Take(DataDirectory data)
    {
        try
        {
            var file = new FileStream(data.InstanceLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return new InstanceLock(file);
        }
        catch (IOException e)
        {
            throw new StoreRefusedException($"Another WebLab server uses {data.Root}. Stop it, or start this one with another WEBLAB_DATA.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}

namespace WebLab.Engine.Jobs;

/// <summary>The data directory of the job that is running, for options that name things by their place in it.</summary>
public static class DataRoot
{
    private static readonly AsyncLocal<string?> own = new();

    /// <summary>That of the job on this thread; outside of jobs <c>WEBLAB_DATA</c>, or <c>data</c> where that is not set.</summary>
    public static string Current => own.Value ?? (Environment.GetEnvironmentVariable("WEBLAB_DATA") is { Length: > 0 } set ? set : "data");

    /// <summary>Sets it for this thread until the result is disposed.</summary>
    public static IDisposable Enter(string path)
    {
        var before = own.Value;
        own.Value = path;
        return new Left(before);
    }

    private sealed class Left(string? before) : IDisposable
    {
        public void Dispose() => own.Value = before;
    }
}

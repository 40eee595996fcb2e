namespace WebLab.Remote;

/// <summary>What the program ends with; scripts may rely on it.</summary>
internal static class Exit
{
    public const int Done = 0;

    /// <summary>A run that was waited for failed or was cancelled, or the server refused.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    public const int Unreachable = 3;

    /// <summary>By Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;
}

/// <summary>The server answered that it will not.</summary>
internal sealed class RefusedException(string words) : Exception(words);

/// <summary>No server answered.</summary>
internal sealed class UnreachableException(string words, Exception? cause = null) : Exception(words, cause);

/// <summary>The command line asks for what cannot be.</summary>
internal sealed class UsageException(string words) : Exception(words);

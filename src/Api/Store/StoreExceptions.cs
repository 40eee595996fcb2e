namespace WebLab.Api.Store;

/// <summary>The store cannot be opened; the message is one readable sentence that says what to do.</summary>
public sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The writer's queue is full; the caller should try again later (503).</summary>
public sealed class StoreBusyException() : Exception("The server has more changes waiting to be stored than it can take; try again in a few seconds.");

namespace WebLab.Api.Machine;

/// <summary>The machine and the installation at this moment.</summary>
public sealed record SystemView(Versions Versions, Processor Processor, MemoryView Memory, DiskView Disk, IReadOnlyList<DeviceView> Devices, double UptimeSeconds);

/// <param name="WebLab">The product's version.</param>
/// <param name="Dotnet">The runtime.</param>
/// <param name="Os">The operating system.</param>
/// <param name="Libtorch">As the engine reports it; null until it has answered, or when it cannot start.</param>
/// <param name="OpenCv">Likewise.</param>
/// <param name="Sqlite">The database's library.</param>
public sealed record Versions(string WebLab, string Dotnet, string Os, string? Libtorch, string? OpenCv, string Sqlite);

/// <param name="Name">Model name.</param>
/// <param name="Cores">Cores that the process may use.</param>
/// <param name="Load">Mean number of runnable threads over the last minute.</param>
public sealed record Processor(string Name, int Cores, double Load);

/// <summary>Bytes.</summary>
/// <param name="Server">Resident set of the server process.</param>
public sealed record MemoryView(long Total, long Available, long Server);

/// <summary>Bytes of the volume that holds the data directory.</summary>
public sealed record DiskView(long Total, long Free);

/// <summary>A device that a recipe may name.</summary>
/// <param name="Id"><c>cpu</c>, <c>cuda:0</c>, …</param>
/// <param name="TotalBytes">Memory of the device; null for the processor.</param>
public sealed record DeviceView(string Id, string Name, long? TotalBytes, long? FreeBytes);

using System.CommandLine;
using System.Text.Json;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary>What libtorch sees on this machine.</summary>
/// <param name="Libtorch">Its version.</param>
/// <param name="OpenCv">The version of the library that decodes images; null when it could not be loaded.</param>
public sealed record DeviceReport(string Libtorch, IReadOnlyList<DeviceFigures> Devices, string? OpenCv = null);

/// <param name="Id"><c>cpu</c>, <c>cuda:0</c>, …; recipes name devices so.</param>
/// <param name="TotalBytes">Memory of the device; null for the processor.</param>
public sealed record DeviceFigures(string Id, string Name, long? TotalBytes = null, long? FreeBytes = null);

/// <summary><c>weblab devices</c>: one line of JSON, for the server, which loads no native library itself.</summary>
public static class Devices
{
    public static System.CommandLine.Command Verb()
    {
        var verb = new System.CommandLine.Command("devices", "Print libtorch's version and devices as JSON.");
        verb.SetAction(_ => Console.WriteLine(JsonSerializer.Serialize(Look(), JobJson.Options)));
        return verb;
    }

    private static DeviceReport Look() => new(Libtorch.Version,
        [new DeviceFigures("cpu", Processor.This.Name), .. Enumerable.Range(0, Libtorch.CudaCount).Select(index =>
        {
            var (free, total) = Libtorch.CudaMemory(index);
            return new DeviceFigures($"cuda:{index}", Libtorch.CudaName(index), total, free);
        })], OpenCv());

    private static string? OpenCv()
    {
        try
        {
            return Codec.Version;
        }
        catch (DllNotFoundException)
        {
            return null;
        }
    }
}

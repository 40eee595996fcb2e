using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WebLab.Engine.Torch;

/// <summary>Finds the engine's native libraries: beside the program, then in the folder that WEBLAB_NATIVE names.</summary>
internal static partial class NativeLibraries
{
    /// <summary>The libraries of src/Engine/Native.</summary>
    internal static readonly string[] Ours = ["weblab_torch", "weblab_image"];

    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>The folders looked into, in order.</summary>
    internal static IEnumerable<string> Folders()
    {
        yield return AppContext.BaseDirectory;
        if (Environment.GetEnvironmentVariable("WEBLAB_NATIVE") is { Length: > 0 } folder)
            yield return folder;
    }

    /// <exception cref="DllNotFoundException">It is in no folder, or a library it needs is missing; the message tells which.</exception>
    internal static nint Load(string name)
    {
        RestWhileWaiting();
        var errors = new List<string>();
        foreach (var folder in Folders())
        {
            var path = Path.Combine(folder, $"lib{name}.so");
            if (!File.Exists(path))
            {
                errors.Add($"{path}: no such file");
                continue;
            }
            try
            {
                return NativeLibrary.Load(path);
            }
            catch (DllNotFoundException e)
            {
                errors.Add(e.Message.Trim());
            }
        }
        throw new DllNotFoundException($"lib{name}.so could not be loaded; set WEBLAB_NATIVE to its folder. Tried: {string.Join("; ", errors)}");
    }

    // OpenMP's threads spin while they wait for one another. On a machine that does anything else too, the one they wait for then has no
    // processor: a step took ten times as long beside three busy programs. Who sets the variable himself keeps his setting.
    private static void RestWhileWaiting()
    {
        if (OperatingSystem.IsLinux()) _ = SetEnvironment("OMP_WAIT_POLICY", "passive", 0);
    }

    // Environment.SetEnvironmentVariable changes what .NET sees, not what a C library reads when it is loaded.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int replace);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => Ours.Contains(name) ? Load(name) : 0;
}

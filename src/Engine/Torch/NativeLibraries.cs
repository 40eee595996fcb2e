using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WebLab.Engine.Torch;

/// <summary>Finds the engine's native libraries: beside the program, then in the folder that WEBLAB_NATIVE names.</summary>
internal static class NativeLibraries
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

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => Ours.Contains(name) ? Load(name) : 0;
}

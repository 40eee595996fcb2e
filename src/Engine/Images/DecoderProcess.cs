using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace WebLab.Engine.Images;

/// <summary>How much a decoder process may take.</summary>
public sealed record DecoderBounds
{
    /// <summary>Megabytes of memory.</summary>
    public int Megabytes { get; init; } = 768;

    /// <summary>Time for one image, start of the process included.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(20);

    public static DecoderBounds Default { get; } = new();
}

/// <summary>Starts <c>weblab decode</c> with no more of our environment than it needs.</summary>
internal static class DecoderProcess
{
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "LD_LIBRARY_PATH", "WEBLAB_NATIVE"];

    public static Process Start(DecoderBounds bounds)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "weblab");
        var start = File.Exists(program) ? new ProcessStartInfo(program) : new ProcessStartInfo(Host(), [Path.Combine(AppContext.BaseDirectory, "weblab.dll")]);
        foreach (var argument in (string[])["decode", "--serve", "--memory", Text(bounds.Megabytes)]) start.ArgumentList.Add(argument);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment.Clear();
        foreach (var name in Inherited)
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) start.Environment[name] = value;
        start.Environment["DOTNET_GCHeapHardLimit"] = ((long)bounds.Megabytes << 19).ToString("x", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var process = Process.Start(start) ?? throw new ImageRefused(ImageRefused.Unavailable, "the decoder cannot be started");
        // Libraries complain about broken pictures there; a full pipe must not stop them.
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>What the end of a decoder in mid-image means.</summary>
    public static ImageRefused Died(bool timedOut, Exception? inner) => new(ImageRefused.TooCostly,
        timedOut ? "decoding took too long and was ended" : "the decoder broke down over this file", inner);

    private static string Host() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Diagnostics;

namespace WebLab.Engine.Images;

/// <summary>
/// Decodes many images one after the other in a process that is kept, for imports: a file that breaks the process is refused,
/// and the next one gets a new process. For one thread.
/// </summary>
public sealed class ResidentDecoder(ImageLimits? limits = null, DecoderBounds? bounds = null) : IDisposable
{
    private readonly ImageLimits _limits = limits ?? ImageLimits.Default;
    private readonly DecoderBounds _bounds = bounds ?? DecoderBounds.Default;
    private Process? _process;
    private int _served;

    // Processor time is capped over the life of a process, so none lives for ever.
    private const int MostServed = 5_000;

    /// <exception cref="ImageRefused">Not an image, not a format that is read, broken, or too large.</exception>
    public DecodedImage Decode(byte[] bytes, Shaping shaping)
    {
        ImageHeader.Read(bytes, _limits);
        if (_process is null || _served >= MostServed) Renew();
        _served++;
        var process = _process!;
        var late = false;
        using var deadline = new Timer(_ =>
        {
            late = true;
            Kill(process);
        }, null, _bounds.Time, Timeout.InfiniteTimeSpan);
        try
        {
            DecodeFrames.Write(process.StandardInput.BaseStream, new DecodeRequest(_limits, [shaping]), bytes);
            if (DecodeFrames.Read<DecodeReply>(process.StandardOutput.BaseStream, _limits.Pixels * 3) is var (reply, pixels))
                return DecodeFrames.Image(reply, pixels);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            Close();
            throw DecoderProcess.Died(late, e);
        }

        Close();
        throw DecoderProcess.Died(late, null);
    }

    public void Dispose() => Close();

    private void Renew()
    {
        Close();
        _process = DecoderProcess.Start(_bounds);
        _served = 0;
    }

    private void Close()
    {
        if (_process is null) return;
        Kill(_process);
        _process.Dispose();
        _process = null;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}

namespace WebLab.Engine.Images;

/// <summary>
/// Decodes one uploaded image: the header is judged here, in managed code; the pixels in a process of their own that is capped
/// in memory and time and ends with the image.
/// </summary>
public sealed class ImageDecoder(ImageLimits? limits = null, DecoderBounds? bounds = null)
{
    private readonly ImageLimits _limits = limits ?? ImageLimits.Default;
    private readonly DecoderBounds _bounds = bounds ?? DecoderBounds.Default;

    /// <param name="shaping">Null: the image in its own size.</param>
    /// <exception cref="ImageRefused">Not an image, not a format that is read, broken, or too large.</exception>
    public async Task<DecodedImage> DecodeAsync(byte[] bytes, Shaping? shaping = null, CancellationToken cancel = default) =>
        (await DecodeAsync(bytes, [shaping ?? new Shaping()], cancel))[0];

    /// <summary>The same image in several shapes.</summary>
    /// <exception cref="ImageRefused">Not an image, not a format that is read, broken, or too large.</exception>
    public async Task<IReadOnlyList<DecodedImage>> DecodeAsync(byte[] bytes, IReadOnlyList<Shaping> shapings, CancellationToken cancel = default)
    {
        ImageHeader.Read(bytes, _limits);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(_bounds.Time);
        using var process = DecoderProcess.Start(_bounds);
        await using var killing = deadline.Token.Register(() => Kill(process));
        try
        {
            var request = new MemoryStream();
            DecodeFrames.Write(request, new DecodeRequest(_limits, shapings), bytes);
            request.Position = 0;
            await request.CopyToAsync(process.StandardInput.BaseStream, deadline.Token);
            process.StandardInput.Close();
            var answer = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(answer, deadline.Token);
            answer.Position = 0;
            return [.. shapings.Select(_ => DecodeFrames.Read<DecodeReply>(answer, answer.Length) is var (reply, pixels)
                ? DecodeFrames.Image(reply, pixels) : throw DecoderProcess.Died(false, null))];
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            throw DecoderProcess.Died(e is OperationCanceledException, e);
        }
        finally
        {
            Kill(process);
        }
    }

    private static void Kill(System.Diagnostics.Process process)
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

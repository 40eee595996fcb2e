namespace WebLab.Engine.Data.Files;

/// <summary>A stream that must hold exactly the bytes its directory promised: neither fewer nor one more.</summary>
internal sealed class BoundedStream(Stream inner, TreeFile file) : Stream
{
    private long _left = file.Bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => file.Bytes;

    public override long Position
    {
        get => file.Bytes - _left;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw DatasetRefused.Archive($"{file.Name} is broken: {e.Message}", e);
        }

        if (read == 0 && _left > 0 && buffer.Length > 0) throw DatasetRefused.Archive($"{file.Name} ends {_left} bytes early");
        if ((_left -= read) < 0) throw DatasetRefused.Archive($"{file.Name} holds more than the {file.Bytes} bytes it declares");
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}

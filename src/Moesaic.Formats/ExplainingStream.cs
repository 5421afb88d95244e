namespace Moesaic.Formats;

/// <summary>
/// A file stream for writing whose input/output failures come out as <see cref="BadRequestException"/>.
/// </summary>
sealed class ExplainingStream(FileStream inner, string path) : Stream
{
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => inner.Length;
    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try { inner.Write(buffer); }
        catch (Exception e) when (OutputErrors.IsStorage(e)) { throw OutputErrors.Refusal(path, e); }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => OutputErrors.Explain(path, inner.Flush);

    internal void FlushToDisk() => OutputErrors.Explain(path, () => inner.Flush(flushToDisk: true));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) OutputErrors.Explain(path, inner.Dispose);
        base.Dispose(disposing);
    }
}

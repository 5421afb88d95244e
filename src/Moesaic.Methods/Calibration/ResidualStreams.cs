using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>The residual streams of all passes between two layers: in memory, or in files (<see cref="FiledStreams"/>).</summary>
abstract class ResidualStreams : IDisposable
{
    /// <summary>Keeps what the first layer reads.</summary>
    public abstract void Begin(int pass, Tensor embedded);

    /// <summary>The stream of a pass, which may be overwritten; valid until another is asked for.</summary>
    public abstract Tensor Open(int pass);

    /// <summary>Keeps what the layer made of the stream of a pass.</summary>
    public abstract void Close(int pass, Tensor advanced);

    /// <summary>All passes are through the layer.</summary>
    public virtual void EndLayer()
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Streams in memory.</summary>
/// <param name="passes">Number of passes.</param>
sealed class HeldStreams(int passes) : ResidualStreams
{
    readonly Tensor[] streams = new Tensor[passes];

    public override void Begin(int pass, Tensor embedded) => streams[pass] = embedded.Clone();

    public override Tensor Open(int pass) => streams[pass];

    public override void Close(int pass, Tensor advanced)
    {
        if (!ReferenceEquals(advanced, streams[pass])) advanced.Span.CopyTo(streams[pass].Span);
    }

    public override void Dispose()
    {
        foreach (var stream in streams) stream?.Dispose();
    }
}

/// <summary>Streams in two files, of which one is read while the other is written: a layer that was interrupted can be begun again.</summary>
sealed class FiledStreams : ResidualStreams
{
    readonly FileStream[] files;
    readonly Tensor[] buffers;      // passes of as many tokens share one
    readonly long[] offsets;
    int layer;

    /// <param name="folder">Where; the files stay there.</param>
    /// <param name="layer">The layer that is next; its input is in the files, unless it is the first.</param>
    /// <param name="rows">Tokens of each pass.</param>
    /// <param name="width">D.</param>
    public FiledStreams(string folder, int layer, IReadOnlyList<int> rows, int width)
    {
        this.layer = layer;
        files = [Open(Path.Combine(folder, "streams-even.tmp")), Open(Path.Combine(folder, "streams-odd.tmp"))];
        var bySize = rows.Distinct().ToDictionary(n => n, n => new Tensor(n, width));
        buffers = [.. rows.Select(n => bySize[n])];
        offsets = new long[rows.Count];
        for (var p = 1; p < rows.Count; p++) offsets[p] = offsets[p - 1] + ((long)rows[p - 1] * width * sizeof(float));
    }

    /// <summary>Bytes of both files, for plans.</summary>
    public static long Bytes(long tokens, int width) => 2 * tokens * width * sizeof(float);

    public override void Begin(int pass, Tensor embedded) => Write(files[layer % 2], pass, embedded);

    public override Tensor Open(int pass)
    {
        var file = files[layer % 2];
        Explain(file.Name, () =>
        {
            file.Position = offsets[pass];
            file.ReadExactly(MemoryMarshal.AsBytes(buffers[pass].Span));
        });
        return buffers[pass];
    }

    public override void Close(int pass, Tensor advanced) => Write(files[(layer + 1) % 2], pass, advanced);

    public override void EndLayer()
    {
        var file = files[(layer++ + 1) % 2];
        Explain(file.Name, () => file.Flush(flushToDisk: true));
    }

    void Write(FileStream file, int pass, Tensor values) => Explain(file.Name, () =>
    {
        file.Position = offsets[pass];
        file.Write(MemoryMarshal.AsBytes(values.Span));
    });

    static FileStream Open(string path)
    {
        FileStream? file = null;
        Explain(path, () => file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
        return file!;
    }

    static void Explain(string path, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException(
                $"{path}: the hidden states of the calibration text cannot be kept: {e.Message}. Free space or calibrate on fewer tokens.", e);
        }
    }

    public override void Dispose()
    {
        foreach (var file in files) file.Dispose();
        foreach (var buffer in buffers.Distinct()) buffer.Dispose();
    }
}

using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Gives rows of an encoded matrix in the order of files.</summary>
/// <param name="firstRow">Rows are asked for in ascending order, each once.</param>
/// <param name="count">How many follow it, 1 or more.</param>
/// <returns>count · <see cref="WeightEncodings.RowBytes"/> bytes, valid until the next call.</returns>
public delegate ReadOnlySpan<byte> EncodedRows(int firstRow, int count);

/// <summary>A matrix that keeps the encoding it is stored in, in the order that <see cref="EncodedMatMul"/> reads. Gradients pass through it; it is not changed itself.</summary>
/// <remarks>Reading from several threads is safe. The memory is native and freed by the finaliser at the latest.</remarks>
public sealed unsafe class EncodedTensor : WeightMatrix
{
    /// <summary>Bytes taken from the source at a time: few enough that a mapped file's pages can be given back as it goes.</summary>
    const int PieceBytes = 1 << 22;

    readonly EncodedLayout layout;
    readonly WeightArena arena;
    byte* address;

    /// <summary>Re-lays a matrix from the order of files.</summary>
    /// <param name="encoding">One that <see cref="EncodedLayout.Supports"/>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Length of a row; whole blocks.</param>
    /// <param name="source">Gives the rows, in pieces of a few megabytes. What it throws passes through.</param>
    /// <param name="arena">Where it lives; by default in memory of its own.</param>
    /// <exception cref="ArgumentException">No product for the encoding, or columns that are no whole blocks.</exception>
    public EncodedTensor(WeightEncoding encoding, int rows, int columns, EncodedRows source, WeightArena? arena = null)
    {
        layout = new EncodedLayout(encoding, rows, columns);
        (Rows, Columns) = (rows, columns);
        this.arena = arena ?? new WeightArena(WeightArena.Need(layout));
        address = this.arena.Take(layout);
        try
        {
            Fill(source);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes other values over this matrix.</summary>
    /// <param name="source">Gives the rows, in pieces of a few megabytes.</param>
    internal void Fill(EncodedRows source)
    {
        var whole = (int)Math.Max(1, PieceBytes / Math.Max(1, layout.FileRowBytes) / EncodedLayout.PanelRows);
        var piece = whole * EncodedLayout.PanelRows;
        for (var row = 0; row < Rows; row += piece)
        {
            var bytes = source(row, Math.Min(piece, Rows - row));
            layout.PackRows(row, bytes, address);
        }
    }

    /// <inheritdoc/>
    public override WeightEncoding Encoding => layout.Encoding;

    /// <inheritdoc/>
    public override long Bytes => layout.Bytes;

    /// <summary>The matrix as the kernels take it; valid until this is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public EncodedMatrix Matrix
    {
        get
        {
            ObjectDisposedException.ThrowIf(address == null, this);
            return new EncodedMatrix(layout, address);
        }
    }

    /// <inheritdoc/>
    public override void DecodeRow(int index, Span<float> values) => Matrix.DecodeRow(index, values);

    /// <summary>Leaves the memory, which is freed at once when no other matrix lives in it.</summary>
    public override void Dispose()
    {
        if (address == null) return;
        address = null;
        arena.Leave();
    }
}

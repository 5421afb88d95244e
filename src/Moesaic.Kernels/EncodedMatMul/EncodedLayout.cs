namespace Moesaic.Kernels;

/// <summary>
/// The order in which <see cref="EncodedMatMul"/> reads an encoded matrix [rows, columns]. It is re-laid from the
/// order of files: 16 output rows form a panel, in which the words of a block and its scales are interleaved row by row, so
/// that a vector lane is an output row. Nothing is lost: <see cref="Unpack"/> gives the file's bytes back.
/// </summary>
public readonly unsafe struct EncodedLayout
{
    /// <summary>Rows that lie together; the last group is filled up with zeros.</summary>
    public const int PanelRows = PanelShape.Rows;

    readonly PanelShape _shape;

    /// <param name="encoding">One that <see cref="Supports"/> approves.</param>
    /// <param name="rows">Output features N; may be 0.</param>
    /// <param name="columns">Input features K, whole blocks.</param>
    /// <exception cref="ArgumentException">No product for the encoding, or a wrong size.</exception>
    public EncodedLayout(WeightEncoding encoding, int rows, int columns)
    {
        if (!Supports(encoding))
            throw new ArgumentException($"There is no product with {encoding.Name()} weights; decode them first.", nameof(encoding));
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        (Encoding, Rows, Columns) = (encoding, rows, columns);
        FileRowBytes = encoding.RowBytes(columns);
        _shape = EncodedPanels.ShapeOf(encoding) ?? default;
    }

    /// <summary>How the values are stored.</summary>
    public WeightEncoding Encoding { get; }

    /// <summary>Output features N.</summary>
    public int Rows { get; }

    /// <summary>Input features K.</summary>
    public int Columns { get; }

    /// <summary>Bytes of a row in file order.</summary>
    public long FileRowBytes { get; }

    /// <summary>Bytes of the matrix in file order.</summary>
    public long FileBytes => Rows * FileRowBytes;

    /// <summary>Bytes of the matrix as the product reads it.</summary>
    public long Bytes => Panels * PanelBytes;

    internal int Panels => (int)(((long)Rows + PanelRows - 1) / PanelRows);

    internal long PanelBytes => _shape.PanelBytes(Columns);

    internal PanelShape Shape => _shape;

    /// <summary>Whether there is a product with weights of this encoding: all but IQ2_XXS, which is only decoded.</summary>
    public static bool Supports(WeightEncoding encoding) =>
        EncodedPanels.ShapeOf(encoding) is not null;

    /// <summary>Re-lays a matrix.</summary>
    /// <param name="file"><see cref="FileBytes"/> in file order.</param>
    /// <param name="packed"><see cref="Bytes"/>; best aligned to 64 bytes.</param>
    /// <exception cref="ArgumentException">The sizes do not match.</exception>
    public void Pack(ReadOnlySpan<byte> file, Span<byte> packed)
    {
        Require.Length(packed.Length, Bytes, nameof(packed));
        Require.Length(file.Length, FileBytes, nameof(file));
        fixed (byte* to = packed)
            PackRows(0, file, to);
    }

    /// <summary>
    /// Re-lays some rows, so that a caller can give up the pages of a mapped file while it goes.
    /// </summary>
    /// <param name="firstRow">A multiple of <see cref="PanelRows"/>.</param>
    /// <param name="rows">Whole rows in file order; a multiple of <see cref="PanelRows"/>, or up to the last row.</param>
    /// <param name="packed">The first of <see cref="Bytes"/>, the whole matrix.</param>
    /// <exception cref="ArgumentException">The rows are no whole panels of this matrix.</exception>
    public void PackRows(int firstRow, ReadOnlySpan<byte> rows, byte* packed)
    {
        var count = FileRowBytes == 0 ? Rows - firstRow : (int)(rows.Length / FileRowBytes);
        Require.Length(rows.Length, count * FileRowBytes, nameof(rows));
        var end = firstRow + count;
        if (firstRow < 0 || firstRow % PanelRows != 0 || end > Rows || (end < Rows && end % PanelRows != 0))
            throw new ArgumentException($"Rows {firstRow} to {end} of {Rows} are no whole panels of {PanelRows}.", nameof(firstRow));
        fixed (byte* from = rows)
            Share(new PackJob(this, from, packed, firstRow / PanelRows, end), (count + PanelRows - 1) / PanelRows);
    }

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    /// <param name="packed"><see cref="Bytes"/>.</param>
    /// <param name="file"><see cref="FileBytes"/>; every byte is written.</param>
    /// <exception cref="ArgumentException">The sizes do not match.</exception>
    public void Unpack(ReadOnlySpan<byte> packed, Span<byte> file)
    {
        Require.Length(packed.Length, Bytes, nameof(packed));
        Require.Length(file.Length, FileBytes, nameof(file));
        fixed (byte* from = packed, to = file)
            Share(new UnpackJob(this, from, to), Panels);
    }

    /// <summary>Reads one row of a packed matrix in file order.</summary>
    internal void UnpackRow(byte* packed, int row, byte* to) =>
        PanelOrder.Unpack(_shape, Columns, packed + row / PanelRows * PanelBytes, row % PanelRows, FileRowBytes, to);

    static void Share<TJob>(TJob job, int parts) where TJob : struct, IJob => WorkerTeam.Run(ref job, parts);

    readonly struct PackJob(EncodedLayout layout, byte* from, byte* to, int firstPanel, int endRow) : IJob
    {
        public void Execute(int part)
        {
            var panel = firstPanel + part;
            var address = to + panel * layout.PanelBytes;
            var rows = Math.Min(PanelRows, endRow - panel * PanelRows);
            if (rows < PanelRows) new Span<byte>(address, checked((int)layout.PanelBytes)).Clear();
            for (var row = 0; row < rows; row++)
            {
                PanelOrder.Pack(
                    layout._shape, layout.Columns, from + (part * (long)PanelRows + row) * layout.FileRowBytes,
                    layout.FileRowBytes, address, row);
            }
        }
    }

    readonly struct UnpackJob(EncodedLayout layout, byte* from, byte* to) : IJob
    {
        public void Execute(int part)
        {
            for (var row = part * PanelRows; row < Math.Min(layout.Rows, (part + 1) * PanelRows); row++)
                layout.UnpackRow(from, row, to + row * layout.FileRowBytes);
        }
    }
}

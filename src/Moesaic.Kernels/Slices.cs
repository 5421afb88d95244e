namespace Moesaic.Kernels;

/// <summary>
/// Rows cut into parts of equal size for the worker team. The cut depends on the shape alone, never on the number of
/// threads.
/// </summary>
readonly struct Slices
{
    // 64 KiB of float32: some microseconds of work, far above the cost of handing a part out.
    const int ValuesPerPart = 16 * 1024;

    readonly int _rows;
    readonly int _size;

    internal Slices(int rows, int valuesPerRow, int multipleOf = 1)
    {
        _rows = rows;
        int wanted = Math.Max(1, ValuesPerPart / Math.Max(1, valuesPerRow));
        _size = (wanted + multipleOf - 1) / multipleOf * multipleOf;
        Count = (int)(((long)rows + _size - 1) / _size);
    }

    /// <summary>Number of parts; zero when there are no rows.</summary>
    internal int Count { get; }

    internal int Start(int part) => part * _size;

    internal int End(int part) => (int)Math.Min(_rows, (long)(part + 1) * _size);
}

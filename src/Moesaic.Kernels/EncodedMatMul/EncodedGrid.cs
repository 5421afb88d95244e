namespace Moesaic.Kernels;

/// <summary>How one product of a group is cut into parts: some activation rows by some panels.</summary>
readonly struct EncodedGrid
{
    /// <summary>Parts per thread that even out unequal speeds.</summary>
    const int PartsPerThread = 8;

    /// <summary>Work that pays for handing out a part, see <see cref="PanelWork"/>: about 2 microseconds.</summary>
    const long MinWork = 8_000;

    /// <summary>Converted activations of a part stay in the second cache.</summary>
    const int MaxRowBytes = 512 * 1024;

    /// <summary>Fewer activation rows do not pay for reading weights once more.</summary>
    const int MinRows = 48;

    /// <summary>Panels that the kernels of 16-bit floats compute side by side.</summary>
    const int FloatPanels = 4;

    readonly int _rows, _panels, _firstPart, _across, _allRows, _allPanels;

    EncodedGrid(in EncodedProblem problem, long partWork, int firstPart)
    {
        var layout = problem.Weights.Layout;
        (_firstPart, _allRows) = (firstPart, problem.M);
        _allPanels = (layout.Rows + EncodedLayout.PanelRows - 1) / EncodedLayout.PanelRows;
        EndPart = firstPart;
        if (problem.M == 0 || _allPanels == 0) return;

        var panelWork = PanelWork(layout, problem.M);
        long rows = Math.Max(MinRows, MaxRowBytes / Activations.RowBytes(layout.Columns));
        if (panelWork > 2 * partWork) rows = Math.Min(rows, Math.Max(MinRows, problem.M * partWork / panelWork));
        _rows = Even(problem.M, (int)Math.Min(problem.M, rows));
        _panels = Even(_allPanels, (int)Math.Clamp(partWork * problem.M / _rows / panelWork, 1, _allPanels));
        if (layout.Encoding is WeightEncoding.F16 or WeightEncoding.BF16) _panels = (_panels + FloatPanels - 1) / FloatPanels * FloatPanels;
        _across = Pieces(_allPanels, _panels);
        EndPart = firstPart + Pieces(problem.M, _rows) * _across;
    }

    internal int EndPart { get; }

    /// <summary>Cuts a group; returns the number of parts.</summary>
    internal static int Cut(ReadOnlySpan<EncodedProblem> problems, Span<EncodedGrid> grids)
    {
        long work = 0;
        foreach (ref readonly var problem in problems)
            work += (problem.Weights.Layout.Rows + 15L) / 16 * PanelWork(problem.Weights.Layout, problem.M);
        var threads = WorkerTeam.Threads;
        var partWork = Math.Max(MinWork, threads == 1 ? work : work / (threads * PartsPerThread));
        var parts = 0;
        for (var i = 0; i < problems.Length; i++)
        {
            grids[i] = new(problems[i], partWork, parts);
            parts = grids[i].EndPart;
        }

        return parts;
    }

    internal void Part(int part, out int row, out int rows, out int panel, out int panels)
    {
        var (down, across) = Math.DivRem(part - _firstPart, _across);
        (row, panel) = (down * _rows, across * _panels);
        rows = Math.Min(_rows, _allRows - row);
        panels = Math.Min(_panels, _allPanels - panel);
    }

    /// <summary>Rough processor cycles: reading a panel, or multiplying it with its rows.</summary>
    static long PanelWork(in EncodedLayout layout, int m) => m == 0
        ? 0
        : 100 + layout.FileRowBytes * EncodedLayout.PanelRows / 8 + (long)m * layout.Columns / 3;

    static int Pieces(int length, int piece) => (int)(((long)length + piece - 1) / piece);

    static int Even(int length, int most) => Pieces(length, Pieces(length, most));
}

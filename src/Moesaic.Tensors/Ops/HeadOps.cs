using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Some columns of each head of a matrix.</summary>
/// <param name="X">[T, H·HeadWidth], or [T, HeadWidth] for one head that all others share.</param>
/// <param name="HeadWidth">Width of a head of <paramref name="X"/>.</param>
/// <param name="First">First column within a head.</param>
/// <param name="Count">Number of columns; even when <paramref name="SplitPairs"/>.</param>
/// <param name="SplitPairs">
/// Brings neighbouring pairs (2i, 2i+1) to (i, i + Count/2), the order in which <see cref="LayerOps.RotateInPlace"/> turns them.
/// </param>
public readonly record struct HeadColumns(Tensor X, int HeadWidth, int First, int Count, bool SplitPairs = false);

/// <summary>Taking heads apart and putting them together, with gradients.</summary>
public static class HeadOps
{
    /// <summary>Makes heads of the columns of one or two matrices, side by side; what is left of a head is zero.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="heads">H.</param>
    /// <param name="width">Width W of a head of the result.</param>
    /// <param name="first">The first columns of a head.</param>
    /// <param name="second">Those after; of the same T rows. None by default.</param>
    /// <returns>[T, H·W].</returns>
    public static Tensor JoinHeads(this Workspace workspace, int heads, int width, HeadColumns first, HeadColumns second = default)
    {
        Check(first, heads, width, 0);
        var rows = first.X.Rows;
        if (second.X is not null)
        {
            Check(second, heads, width, first.Count);
            if (second.X.Rows != rows) throw new ArgumentException($"{first.X} and {second.X}: rows differ", nameof(second));
        }
        var y = first.Count + second.Count < width ? workspace.RentZeroed(rows, heads * width) : workspace.Rent(rows, heads * width);
        Copy(first, y.Span, heads, width, 0);
        if (second.X is not null) Copy(second, y.Span, heads, width, first.Count);
        if (workspace.Recording && (first.X.NeedsGradient || second.X is { NeedsGradient: true }))
            Record(workspace, heads, width, first, second, y);
        return y;
    }

    static void Record(Workspace workspace, int heads, int width, HeadColumns first, HeadColumns second, Tensor y) =>
        workspace.Record(y, () =>
        {
            AddBack(workspace, first, y.Gradient!.Span, heads, width, 0);
            if (second.X is not null) AddBack(workspace, second, y.Gradient!.Span, heads, width, first.Count);
        });

    static void Check(in HeadColumns part, int heads, int width, int at)
    {
        if (part.X.Columns != part.HeadWidth && part.X.Columns != heads * part.HeadWidth)
            throw new ArgumentException($"{part.X} is neither one head of {part.HeadWidth} nor {heads}");
        if (part.First < 0 || part.First + part.Count > part.HeadWidth || at + part.Count > width)
            throw new ArgumentException($"columns {part.First} to {part.First + part.Count} of {part.HeadWidth} do not fit at {at} of {width}");
        if (part.SplitPairs && part.Count % 2 != 0)
            throw new ArgumentException($"{part.Count} columns are no pairs");
    }

    static void Copy(in HeadColumns part, Span<float> y, int heads, int width, int at)
    {
        for (var t = 0; t < part.X.Rows; t++)
            for (var h = 0; h < heads; h++)
            {
                var from = Head(part, part.X.Row(t), h);
                var to = y.Slice((((t * heads) + h) * width) + at, part.Count);
                if (!part.SplitPairs) from.CopyTo(to);
                else for (var i = 0; i < to.Length / 2; i++) (to[i], to[i + (to.Length / 2)]) = (from[2 * i], from[(2 * i) + 1]);
            }
    }

    static void AddBack(Workspace workspace, in HeadColumns part, ReadOnlySpan<float> dy, int heads, int width, int at)
    {
        if (workspace.AddedGradient(part.X) is not { } dx) return;
        for (var t = 0; t < dx.Rows; t++)
            for (var h = 0; h < heads; h++)
            {
                var to = Head(part, dx.Row(t), h);
                var from = dy.Slice((((t * heads) + h) * width) + at, part.Count);
                if (!part.SplitPairs) Elementwise.Add(to, from);
                else
                    for (var i = 0; i < from.Length / 2; i++)
                    {
                        to[2 * i] += from[i];
                        to[(2 * i) + 1] += from[i + (from.Length / 2)];
                    }
            }
    }

    static Span<float> Head(in HeadColumns part, Span<float> row, int head) =>
        row.Slice((row.Length == part.HeadWidth ? 0 : head * part.HeadWidth) + part.First, part.Count);
}

namespace Moesaic.Kernels;

/// <summary>Lays a slice of an operand out in panels: for each k the columns of one panel side by side, missing ones zero.</summary>
static unsafe class Packing
{
    /// <summary>From a matrix whose rows are k: element (k, column) at source[k · ld + column].</summary>
    public static void Copy(float* source, int ld, int columns, int depth, int width, float* panels)
    {
        for (var first = 0; first < columns; first += width)
        {
            var present = Math.Min(width, columns - first);
            for (var k = 0; k < depth; k++)
            {
                new ReadOnlySpan<float>(source + (long)k * ld + first, present).CopyTo(new Span<float>(panels, present));
                new Span<float>(panels + present, width - present).Clear();
                panels += width;
            }
        }
    }

    /// <summary>From a matrix whose columns are k: element (k, column) at source[column · ld + k].</summary>
    public static void Transpose(float* source, int ld, int columns, int depth, int width, float* panels)
    {
        for (var first = 0; first < columns; first += width)
        {
            for (var k = 0; k < depth; k++)
            {
                for (var column = 0; column < width; column++)
                    panels[column] = first + column < columns ? source[(long)(first + column) * ld + k] : 0;
                panels += width;
            }
        }
    }
}

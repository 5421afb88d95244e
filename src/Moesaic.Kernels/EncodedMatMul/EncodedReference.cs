using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// The definition in plain loops, from the codec: a block whose d is set to 1 and m to 0 decodes to its integer levels,
/// scales of parts included, and one with 0 and 1 to its minima.
/// </summary>
readonly unsafe struct EncodedReference(EncodedGroup group) : IJob
{
    public void Execute(int part)
    {
        var work = group[part];
        var columns = Math.Min(work.Columns, work.Panels * PanelShape.Rows);
        if (work.Layout.Encoding.BlockLength() == 1)
        {
            Floats(work, columns);
            return;
        }

        var (layout, k) = (work.Layout, work.Layout.Columns);
        var scratch = NativeBuffer.Of<EncodedReference>().Take(4L * k + layout.FileRowBytes / sizeof(float) + 1);
        Span<float> levels = new(scratch, k), minima = new(scratch + k, k);
        Span<float> d = new(scratch + 2 * k, k), m = new(scratch + 3 * k, k);
        Span<byte> row = new(scratch + 4 * k, (int)layout.FileRowBytes);
        for (var n = 0; n < columns; n++)
        {
            layout.UnpackRow(work.Panel, n, (byte*)(scratch + 4 * k));
            Split(layout, row, levels, minima, d, m);
            for (var i = 0; i < work.Rows; i++)
                work.Y[i * work.LdY + n] = Dot(layout, levels, minima, d, m, work.X + i * work.Stride);
        }
    }

    /// <summary>The integers of a row and, for each block, d and m.</summary>
    static void Split(
        in EncodedLayout layout, Span<byte> row, Span<float> levels, Span<float> minima, Span<float> d, Span<float> m)
    {
        var shape = layout.Shape;
        for (var block = 0; block < shape.Blocks(layout.Columns); block++)
        {
            var scales = row.Slice(block * shape.BlockBytes + shape.ScaleOffset, shape.ScaleBytes);
            (d[block], m[block]) = Read(scales);
            Write(scales, 1, 0);
        }

        BlockCodec.Decode(layout.Encoding, row, levels);
        for (var start = 0; start < row.Length; start += shape.BlockBytes)
            Write(row.Slice(start + shape.ScaleOffset, shape.ScaleBytes), 0, 1);
        BlockCodec.Decode(layout.Encoding, row, minima);
    }

    static float Dot(
        in EncodedLayout layout, ReadOnlySpan<float> levels, ReadOnlySpan<float> minima, ReadOnlySpan<float> d,
        ReadOnlySpan<float> m, byte* x)
    {
        var (length, hasMinimum) = (layout.Shape.BlockLength, layout.Shape.ScaleBytes == 4);
        float y = 0;
        for (var (k, block) = (0, 0); k < layout.Columns; k += length, block++)
        {
            var slice = x + k / Activations.SliceLength * Activations.SliceBytes;
            var at = k % Activations.SliceLength;
            int sum = 0, sumOfMinima = 0, sumOfX = 0;
            for (var i = 0; i < length; i++)
            {
                int level = (sbyte)slice[at + i];
                sum += (int)levels[k + i] * level;
                sumOfMinima -= (int)minima[k + i] * level;
                sumOfX += level;
            }

            if (EncodedPanels.IsSuper(layout.Encoding))
            {
                var scale = *(float*)(slice + Activations.Scale);
                y = MathF.FusedMultiplyAdd(sum, d[block] * scale, y);
                if (hasMinimum) y = MathF.FusedMultiplyAdd(sumOfMinima, -m[block] * scale, y);
            }
            else
            {
                var scale = ((float*)(slice + Activations.BlockScales))[at / Activations.BlockLength];
                var minimum = m[block];

                // Levels of Q5_1 are centred, see its panel.
                if (layout.Encoding == WeightEncoding.Q5_1) (sum, minimum) = (sum - 16 * sumOfX, minimum + 16 * d[block]);
                y = MathF.FusedMultiplyAdd(sum, d[block] * scale, y);
                if (hasMinimum) y = MathF.FusedMultiplyAdd(minimum, scale * sumOfX, y);
            }
        }

        return y;
    }

    static (float D, float M) Read(ReadOnlySpan<byte> scales) => scales.Length switch
    {
        1 => (MathF.ScaleB(1, scales[0] - 128), 0),
        2 => ((float)MemoryMarshal.Read<Half>(scales), 0),
        _ => ((float)MemoryMarshal.Read<Half>(scales), (float)MemoryMarshal.Read<Half>(scales[2..])),
    };

    static void Write(Span<byte> scales, int d, int m)
    {
        if (scales.Length == 1)
        {
            scales[0] = 128;
            return;
        }

        MemoryMarshal.Write(scales, (Half)d);
        if (scales.Length == 4) MemoryMarshal.Write(scales[2..], (Half)m);
    }

    static void Floats(in PanelWork work, int columns)
    {
        var k = work.Layout.Columns;
        var size = work.Layout.Encoding.BlockBytes();
        var row = NativeBuffer.Of<EncodedReference>().Take(2L * k + 1);
        for (var n = 0; n < columns; n++)
        {
            var bytes = (byte*)(row + k);
            work.Layout.UnpackRow(work.Panel, n, bytes);
            BlockCodec.Decode(work.Layout.Encoding, new(bytes, k * size), new(row, k));
            for (var m = 0; m < work.Rows; m++)
            {
                var x = (float*)(work.X + m * work.Stride);
                float y = 0;
                for (var i = 0; i < k; i++)
                    y = MathF.FusedMultiplyAdd(x[i], row[i], y);
                work.Y[m * work.LdY + n] = y;
            }
        }
    }
}

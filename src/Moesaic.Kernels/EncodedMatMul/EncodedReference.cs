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

        var row = (byte*)NativeBuffer.Of<EncodedReference>().Take(work.Layout.FileRowBytes / sizeof(float) + 1);
        for (var n = 0; n < columns; n++)
        {
            work.Layout.UnpackRow(work.Panel, n, row);
            for (var m = 0; m < work.Rows; m++)
                work.Y[m * work.LdY + n] = Dot(work.Layout, row, work.X + m * work.Stride);
        }
    }

    static float Dot(in EncodedLayout layout, byte* row, byte* x)
    {
        var encoding = layout.Encoding;
        var shape = layout.Shape;
        Span<byte> block = stackalloc byte[shape.BlockBytes];
        Span<float> levels = stackalloc float[shape.BlockLength], minima = stackalloc float[shape.BlockLength];
        float y = 0;
        for (var k = 0; k < layout.Columns; k += shape.BlockLength, row += shape.BlockBytes)
        {
            new ReadOnlySpan<byte>(row, shape.BlockBytes).CopyTo(block);
            var scales = block.Slice(shape.ScaleOffset, shape.ScaleBytes);
            var (d, m) = Read(scales);
            Write(scales, 1, 0);
            BlockCodec.Decode(encoding, block, levels);
            Write(scales, 0, 1);
            BlockCodec.Decode(encoding, block, minima);

            var slice = x + k / Activations.SliceLength * Activations.SliceBytes;
            var at = k % Activations.SliceLength;
            int sum = 0, sumOfMinima = 0, sumOfX = 0;
            for (var i = 0; i < shape.BlockLength; i++)
            {
                int level = (sbyte)slice[at + i];
                sum += (int)levels[i] * level;
                sumOfMinima -= (int)minima[i] * level;
                sumOfX += level;
            }

            if (EncodedPanels.IsSuper(encoding))
            {
                var scale = *(float*)(slice + Activations.Scale);
                y = MathF.FusedMultiplyAdd(sum, d * scale, y);
                if (shape.ScaleBytes == 4) y = MathF.FusedMultiplyAdd(sumOfMinima, -m * scale, y);
            }
            else
            {
                var scale = ((float*)(slice + Activations.BlockScales))[at / Activations.BlockLength];
                if (encoding == WeightEncoding.Q5_1) (sum, m) = (sum - 16 * sumOfX, m + 16 * d);
                y = MathF.FusedMultiplyAdd(sum, d * scale, y);
                if (shape.ScaleBytes == 4) y = MathF.FusedMultiplyAdd(m, scale * sumOfX, y);
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
            if (work.Layout.UsesFileOrder) bytes = work.Panel + (long)n * k * size;
            else work.Layout.UnpackRow(work.Panel, n, bytes);
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

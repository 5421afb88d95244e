using System.Runtime.InteropServices;

namespace Moesaic.Kernels.Tests;

/// <summary>A product with an encoded matrix whose blocks hold random bits and scales of ordinary size.</summary>
sealed unsafe class EncodedCase : IDisposable
{
    readonly byte* _packed;

    /// <param name="poison">A row whose first scale is replaced.</param>
    public EncodedCase(
        WeightEncoding encoding, int m, int n, int k, int seed = 1, byte? fill = null, (int Row, Half Scale)? poison = null)
    {
        (M, N, K) = (m, n, k);
        Layout = new EncodedLayout(encoding, n, k);
        File = RandomRows(encoding, n, k, seed, fill);
        if (poison is { } bad)
            MemoryMarshal.Write(File.AsSpan((int)(bad.Row * Layout.FileRowBytes) + Layout.Shape.ScaleOffset), bad.Scale);
        _packed = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, Layout.Bytes), 64);
        Layout.Pack(File, new(_packed, (int)Layout.Bytes));
        X = KernelCase.Numbers(m * k, seed + 1);
    }

    public static TheoryData<WeightEncoding> Encodings =>
        new(Enum.GetValues<WeightEncoding>().Where(EncodedLayout.Supports));

    public static TheoryData<KernelLevel, WeightEncoding> LevelsAndEncodings
    {
        get
        {
            var data = new TheoryData<KernelLevel, WeightEncoding>();
            foreach (var level in Levels.Supported)
            {
                foreach (var encoding in Enum.GetValues<WeightEncoding>().Where(EncodedLayout.Supports))
                    data.Add(level, encoding);
            }

            return data;
        }
    }

    public int M { get; }

    public int N { get; }

    public int K { get; }

    public EncodedLayout Layout { get; }

    public byte[] File { get; }

    public float[] X { get; }

    /// <summary>The weights as float32, [N, K].</summary>
    public float[] Decoded()
    {
        var values = new float[N * K];
        BlockCodec.Decode(Layout.Encoding, File, values);
        return values;
    }

    public EncodedProblem Problem(float* x, float* y, int ldY = 0) => new()
    {
        Weights = new(Layout, _packed), X = x, M = M, LdX = K, Y = y, LdY = Math.Max(N, ldY),
    };

    /// <summary>The product of some rows, [count, N].</summary>
    public float[] Run(int first = 0, int count = -1)
    {
        if (count < 0) count = M;
        var y = new float[count * N];
        y.AsSpan().Fill(float.NaN);
        fixed (float* px = X, py = y)
            EncodedMatMul.Run(Problem(px + first * K, py) with { M = count });
        return y;
    }

    public void Dispose() => NativeMemory.AlignedFree(_packed);

    static byte[] RandomRows(WeightEncoding encoding, int n, int k, int seed, byte? fill)
    {
        var random = new Random(seed);
        var rows = new byte[n * encoding.RowBytes(k)];
        if (fill is { } value) rows.AsSpan().Fill(value);
        else random.NextBytes(rows);
        if (encoding.BlockLength() == 1)
        {
            BlockCodec.Encode(encoding, KernelCase.Numbers(n * k, seed), k, [], rows);
            return rows;
        }

        var shape = EncodedPanels.ShapeOf(encoding)!.Value;
        for (var block = 0; block < rows.Length; block += shape.BlockBytes)
        {
            var scales = rows.AsSpan(block + shape.ScaleOffset, shape.ScaleBytes);
            if (scales.Length == 1) scales[0] = (byte)random.Next(120, 130);
            for (var i = 0; i + 1 < scales.Length; i += 2)
                MemoryMarshal.Write(scales[i..], (Half)((random.NextSingle() - 0.5f) * 0.1f));
        }

        return rows;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>Transposition of small matrices, 4 × 4 values at a time in registers of 128 bits.</summary>
static unsafe class Transpose
{
    /// <summary>to[column, row] = from[row, column].</summary>
    internal static void Run(float* from, nint fromPitch, int rows, int columns, float* to, nint toPitch)
    {
        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            int column = 0;
            for (; column <= columns - 4; column += 4)
                FourByFour(from + row * fromPitch + column, fromPitch, to + column * toPitch + row, toPitch);
            for (; column < columns; column++)
            {
                for (int i = row; i < row + 4; i++) to[column * toPitch + i] = from[i * fromPitch + column];
            }
        }

        for (; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) to[column * toPitch + row] = from[row * fromPitch + column];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FourByFour(float* from, nint fromPitch, float* to, nint toPitch)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromPitch);
        Vector128<float> c = Vector128.Load(from + 2 * fromPitch), d = Vector128.Load(from + 3 * fromPitch);
        Vector128<float> acLow = ZipLow(a, c), acHigh = ZipHigh(a, c), bdLow = ZipLow(b, d), bdHigh = ZipHigh(b, d);
        ZipLow(acLow, bdLow).Store(to);
        ZipHigh(acLow, bdLow).Store(to + toPitch);
        ZipLow(acHigh, bdHigh).Store(to + 2 * toPitch);
        ZipHigh(acHigh, bdHigh).Store(to + 3 * toPitch);
    }

    // .NET 10 has no portable interleaving of two vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> ZipLow(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackLow(x, y)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(x, y)
        : Vector128.Create(x[0], y[0], x[1], y[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> ZipHigh(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackHigh(x, y)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(x, y)
        : Vector128.Create(x[2], y[2], x[3], y[3]);
}

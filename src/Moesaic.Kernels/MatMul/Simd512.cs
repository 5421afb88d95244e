using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>Sixteen floats at a time.</summary>
readonly unsafe struct Simd512 : ISimdColumns<Vector512<float>>
{
    public static int Lanes => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* address) => Vector512.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* address) => Vector512.Create(*address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.MultiplyAddEstimate(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* address) => value.Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadColumns(
        float* address, nint ld,
        out Vector512<float> column0, out Vector512<float> column1, out Vector512<float> column2, out Vector512<float> column3)
    {
        var (row0, row1) = (Quads(address, ld), Quads(address + ld, ld));
        var (row2, row3) = (Quads(address + 2 * ld, ld), Quads(address + 3 * ld, ld));
        var (low01, high01) = (Avx512F.UnpackLow(row0, row1).AsDouble(), Avx512F.UnpackHigh(row0, row1).AsDouble());
        var (low23, high23) = (Avx512F.UnpackLow(row2, row3).AsDouble(), Avx512F.UnpackHigh(row2, row3).AsDouble());
        column0 = Avx512F.UnpackLow(low01, low23).AsSingle();
        column1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
        column2 = Avx512F.UnpackLow(high01, high23).AsSingle();
        column3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>Four floats of every fourth row, one row per 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Quads(float* address, nint ld) => Vector512.Create(
        Vector256.Create(Vector128.Load(address), Vector128.Load(address + 4 * ld)),
        Vector256.Create(Vector128.Load(address + 8 * ld), Vector128.Load(address + 12 * ld)));
}

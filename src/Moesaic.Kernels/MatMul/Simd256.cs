using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>Eight floats at a time.</summary>
readonly unsafe struct Simd256 : ISimdColumns<Vector256<float>>
{
    public static int Lanes => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* address) => Vector256.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* address) => Vector256.Create(*address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) =>
        Vector256.MultiplyAddEstimate(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* address) => value.Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadColumns(
        float* address, nint ld,
        out Vector256<float> column0, out Vector256<float> column1, out Vector256<float> column2, out Vector256<float> column3)
    {
        var (row0, row1) = (Quads(address, ld), Quads(address + ld, ld));
        var (row2, row3) = (Quads(address + 2 * ld, ld), Quads(address + 3 * ld, ld));
        var (low01, high01) = (Avx.UnpackLow(row0, row1).AsDouble(), Avx.UnpackHigh(row0, row1).AsDouble());
        var (low23, high23) = (Avx.UnpackLow(row2, row3).AsDouble(), Avx.UnpackHigh(row2, row3).AsDouble());
        column0 = Avx.UnpackLow(low01, low23).AsSingle();
        column1 = Avx.UnpackHigh(low01, low23).AsSingle();
        column2 = Avx.UnpackLow(high01, high23).AsSingle();
        column3 = Avx.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>Four floats of every fourth row, one row per 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Quads(float* address, nint ld) =>
        Vector256.Create(Vector128.Load(address), Vector128.Load(address + 4 * ld));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>Four floats at a time.</summary>
readonly unsafe struct Simd128 : ISimdColumns<Vector128<float>>
{
    public static int Lanes => 4;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* address) => Vector128.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float* address) => Vector128.Create(*address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) =>
        Vector128.MultiplyAddEstimate(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* address) => value.Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadColumns(
        float* address, nint ld,
        out Vector128<float> column0, out Vector128<float> column1, out Vector128<float> column2, out Vector128<float> column3)
    {
        var (low01, high01) = Transposition.Interleave(Load(address), Load(address + ld));
        var (low23, high23) = Transposition.Interleave(Load(address + 2 * ld), Load(address + 3 * ld));
        var (pair0, pair1) = Transposition.Interleave(low01.AsDouble(), low23.AsDouble());
        var (pair2, pair3) = Transposition.Interleave(high01.AsDouble(), high23.AsDouble());
        (column0, column1, column2, column3) = (pair0.AsSingle(), pair1.AsSingle(), pair2.AsSingle(), pair3.AsSingle());
    }
}

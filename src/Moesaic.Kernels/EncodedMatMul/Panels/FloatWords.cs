using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Two 16-bit floats in a word.</summary>
unsafe interface IFloatWords<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    /// <summary>For more activation rows it pays to widen a slice first.</summary>
    static abstract int FewRows { get; }

    /// <summary>Widens the first and the second number of each word.</summary>
    static abstract void Widen(TVector words, out TVector first, out TVector second);
}

/// <summary>Words of <see cref="WeightEncoding.BF16"/>.</summary>
readonly struct BFloat16Words<TSimd, TVector> : IFloatWords<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int FewRows => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(TVector words, out TVector first, out TVector second)
    {
        first = TSimd.ShiftLeftInts(words, 16);
        second = TSimd.And(words, TSimd.EachInt(unchecked((int)0xFFFF0000)));
    }
}

/// <summary>Words of <see cref="WeightEncoding.F16"/>.</summary>
readonly struct HalfWords<TSimd, TVector> : IFloatWords<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int FewRows => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(TVector words, out TVector first, out TVector second)
    {
        first = TSimd.HalvesToFloats(TSimd.And(words, TSimd.EachInt(0xFFFF)));
        second = TSimd.HalvesToFloats(TSimd.ShiftRightInts(words, 16));
    }
}

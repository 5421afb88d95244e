using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// <see cref="Conversion"/> in vectors of 256 bits, which serve all vector levels: memory is the limit.
/// </summary>
static unsafe class ConversionVector
{
    /// <summary>One conversion: sixteen values at once, and the few that are left over.</summary>
    interface IConversion<TFrom, TTo>
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        static abstract void Sixteen(TFrom* from, TTo* to);

        static abstract void Rest(ReadOnlySpan<TFrom> from, Span<TTo> to);
    }

    internal static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination) =>
        Run<ushort, float, WidenBFloat16>(source, destination);

    internal static void HalfToSingle(ReadOnlySpan<Half> source, Span<float> destination) =>
        Run<Half, float, WidenHalf>(source, destination);

    internal static void SingleToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination) =>
        Run<float, ushort, NarrowToBFloat16>(source, destination);

    internal static void SingleToHalf(ReadOnlySpan<float> source, Span<Half> destination) =>
        Run<float, Half, NarrowToHalf>(source, destination);

    static void Run<TFrom, TTo, TConversion>(ReadOnlySpan<TFrom> source, Span<TTo> destination)
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : struct, IConversion<TFrom, TTo>
    {
        fixed (TFrom* from = source)
        fixed (TTo* to = destination)
        {
            var job = new Job<TFrom, TTo, TConversion> { From = from, To = to, Slices = new(source.Length, 1, 16) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct Job<TFrom, TTo, TConversion> : IJob
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : struct, IConversion<TFrom, TTo>
    {
        public TFrom* From;
        public TTo* To;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - 16; i += 16) TConversion.Sixteen(From + i, To + i);
            TConversion.Rest(new(From + i, end - i), new(To + i, end - i));
        }
    }

    struct WidenBFloat16 : IConversion<ushort, float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Sixteen(ushort* from, float* to)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(from));
            (low << 16).Store((uint*)to);
            (high << 16).Store((uint*)to + 8);
        }

        public static void Rest(ReadOnlySpan<ushort> from, Span<float> to) => ConversionReference.BFloat16ToSingle(from, to);
    }

    struct WidenHalf : IConversion<Half, float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Sixteen(Half* from, float* to)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load((ushort*)from));
            Eight(low).Store((uint*)to);
            Eight(high).Store((uint*)to + 8);
        }

        public static void Rest(ReadOnlySpan<Half> from, Span<float> to) => ConversionReference.HalfToSingle(from, to);

        // The bits of half moved to those of float32 read as a number 2^112 too small; the product also normalises
        // subnormal ones.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<uint> Eight(Vector256<uint> half)
        {
            Vector256<uint> magnitude = (half & Vector256.Create(0x7FFFu)) << 13;
            Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u << 13));
            Vector256<uint> value = (magnitude.AsSingle() * Vector256.Create(5.192297e33f)).AsUInt32();
            value |= special & Vector256.Create(0x7F800000u);
            return value | (half & Vector256.Create(0x8000u)) << 16;
        }
    }

    struct NarrowToBFloat16 : IConversion<float, ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Sixteen(float* from, ushort* to) =>
            Vector256.Narrow(Eight(Vector256.Load(from)), Eight(Vector256.Load(from + 8))).Store(to);

        public static void Rest(ReadOnlySpan<float> from, Span<ushort> to) => ConversionReference.SingleToBFloat16(from, to);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<uint> Eight(Vector256<float> x)
        {
            Vector256<uint> bits = x.AsUInt32();
            Vector256<uint> rounded = bits + Vector256.Create(0x7FFFu) + (bits >> 16 & Vector256<uint>.One);
            Vector256<uint> quiet = bits | Vector256.Create(0x400000u);
            return Vector256.ConditionalSelect(Vector256.Equals(x, x).AsUInt32(), rounded, quiet) >> 16;
        }
    }

    struct NarrowToHalf : IConversion<float, Half>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Sixteen(float* from, Half* to) =>
            Vector256.Narrow(Eight(Vector256.Load(from)), Eight(Vector256.Load(from + 8))).Store((ushort*)to);

        public static void Rest(ReadOnlySpan<float> from, Span<Half> to) => ConversionReference.SingleToHalf(from, to);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<uint> Eight(Vector256<float> x)
        {
            Vector256<uint> magnitude = x.AsUInt32() & Vector256.Create(0x7FFFFFFFu);
            Vector256<uint> sign = (x.AsUInt32() ^ magnitude) >> 16;

            // Normal: re-bias the exponent by 112 and round at bit 13, to even. What carries past the largest half
            // becomes infinity.
            Vector256<uint> normal = magnitude - Vector256.Create(112u << 23)
                + Vector256.Create(0xFFFu) + (magnitude >> 13 & Vector256<uint>.One) >> 13;
            normal = Vector256.Min(normal, Vector256.Create(0x7C00u));

            // Subnormal halves are multiples of 2^-24, the last place of a float32 near 0.5: the addition rounds.
            Vector256<float> half = Vector256.Create(0.5f);
            Vector256<uint> small = (magnitude.AsSingle() + half).AsUInt32() - half.AsUInt32();

            Vector256<uint> result = Vector256.ConditionalSelect(
                Vector256.LessThan(magnitude, Vector256.Create(113u << 23)), small, normal);
            Vector256<uint> isNaN = Vector256.GreaterThan(magnitude, Vector256.Create(0x7F800000u));
            return Vector256.ConditionalSelect(isNaN, Vector256.Create(0x7E00u), result) | sign;
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>512 bits: AVX-512 (F and BW).</summary>
readonly unsafe struct IntegerSimd512 : IIntegerSimd<Vector512<byte>>
{
    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load(void* address) => Vector512.Load((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<byte> value, void* address) => value.Store((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> EachByte(byte value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> EachWord(short value) => Vector512.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> EachInt(int value) => Vector512.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LaneBytes(uint pattern) =>
        (Vector512.Create(pattern) + Vector512.Create(
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu,
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu,
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu,
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Repeat(ulong first, ulong second) =>
        Vector512.Create(Vector128.Create(first, second)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadWords(void* address) =>
        Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)address)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadBytes(void* address) =>
        Avx512F.ConvertToVector512Int32(Vector128.Load((byte*)address)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> And(Vector512<byte> x, Vector512<byte> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Or(Vector512<byte> x, Vector512<byte> y) => x | y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Xor(Vector512<byte> x, Vector512<byte> y) => x ^ y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> ShiftLeftInts(Vector512<byte> x, int count) => (x.AsInt32() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> ShiftRightInts(Vector512<byte> x, int count) => (x.AsInt32() >>> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> ShiftRightWords(Vector512<byte> x, int count) => (x.AsInt16() >> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddBytes(Vector512<byte> x, Vector512<byte> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddFloats(Vector512<byte> x, Vector512<byte> y) =>
        (x.AsSingle() + y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyFloats(Vector512<byte> x, Vector512<byte> y) =>
        (x.AsSingle() * y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> ScaleFloats(Vector512<byte> x, float factor) => (x.AsSingle() * factor).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddInts(Vector512<byte> x, Vector512<byte> y) =>
        (x.AsInt32() + y.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Shuffle(Vector512<byte> table, Vector512<byte> indices) =>
        Avx512BW.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> HalvesToFloats(Vector512<byte> bits)
    {
        // Moved to their place in float32 they read as a number 2^112 too small, and infinity and NaN as a finite one.
        var magnitude = (bits.AsInt32() & Vector512.Create(0x7FFF)) << 13;
        var special = Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFF << 13)) & Vector512.Create(0x7F800000);
        var sign = (bits.AsInt32() & Vector512.Create(0x8000)) << 16;
        return ((magnitude.AsSingle() * Vector512.Create(5.192297e33f)).AsInt32() | special | sign).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAddBytes(Vector512<byte> levels, void* x, Vector512<byte> sum) =>
        (sum.AsInt16() + Avx512BW.MultiplyAddAdjacent(levels, Vector512.Create(*(int*)x).AsSByte())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Magnitudes(Vector512<byte> bytes) => Avx512BW.Abs(bytes.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAddSigned(Vector512<byte> bytes, Vector512<byte> magnitudes, void* x, Vector512<byte> sum)
    {
        var values = Vector512.Create(*(int*)x).AsSByte();
        var signed = Vector512.ConditionalSelect(Vector512.LessThan(bytes.AsSByte(), default), -values, values);
        return (sum.AsInt32() + Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(magnitudes, signed), Vector512<short>.One)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> BroadcastWords(void* address, int shift)
    {
        var words = Vector512.Create(*(int*)address);
        return shift == 0 ? words.AsByte() : (words.AsInt16() << shift).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAddWords(Vector512<byte> x, Vector512<byte> y) =>
        Avx512BW.MultiplyAddAdjacent(x.AsInt16(), y.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAddWordsAt(Vector512<byte> words, void* x, Vector512<byte> sum) =>
        (sum.AsInt32() + Avx512BW.MultiplyAddAdjacent(words.AsInt16(), Vector512.Create(*(int*)x).AsInt16())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAddWords(Vector512<byte> x, Vector512<byte> y, Vector512<byte> sum) =>
        (sum.AsInt32() + Avx512BW.MultiplyAddAdjacent(x.AsInt16(), y.AsInt16())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddScaled(Vector512<byte> ints, Vector512<byte> scale, void* x, Vector512<byte> y) =>
        Vector512.MultiplyAddEstimate(
            Vector512.ConvertToSingle(ints.AsInt32()), scale.AsSingle() * Vector512.Create(*(float*)x), y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddProduct(Vector512<byte> floats, void* x, Vector512<byte> y) =>
        Vector512.MultiplyAddEstimate(floats.AsSingle(), Vector512.Create(*(float*)x), y.AsSingle()).AsByte();
}

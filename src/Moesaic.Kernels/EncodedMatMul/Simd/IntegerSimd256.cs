using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>256 bits: AVX2.</summary>
readonly unsafe struct IntegerSimd256 : IIntegerSimd<Vector256<byte>>
{
    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(void* address) => Vector256.Load((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<byte> value, void* address) => value.Store((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> EachByte(byte value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> EachWord(short value) => Vector256.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> EachInt(int value) => Vector256.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LaneBytes(uint pattern) =>
        (Vector256.Create(pattern) + Vector256.Create(
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu,
            0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Repeat(ulong first, ulong second) =>
        Vector256.Create(Vector128.Create(first, second)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadWords(void* address) => Avx2.ConvertToVector256Int32((ushort*)address).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadBytes(void* address) => Avx2.ConvertToVector256Int32((byte*)address).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> And(Vector256<byte> x, Vector256<byte> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Or(Vector256<byte> x, Vector256<byte> y) => x | y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Xor(Vector256<byte> x, Vector256<byte> y) => x ^ y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ShiftLeftInts(Vector256<byte> x, int count) => (x.AsInt32() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ShiftRightInts(Vector256<byte> x, int count) => (x.AsInt32() >>> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ShiftRightWords(Vector256<byte> x, int count) => (x.AsInt16() >> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddBytes(Vector256<byte> x, Vector256<byte> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddFloats(Vector256<byte> x, Vector256<byte> y) =>
        (x.AsSingle() + y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyFloats(Vector256<byte> x, Vector256<byte> y) =>
        (x.AsSingle() * y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ScaleFloats(Vector256<byte> x, float factor) => (x.AsSingle() * factor).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddInts(Vector256<byte> x, Vector256<byte> y) =>
        (x.AsInt32() + y.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Shuffle(Vector256<byte> table, Vector256<byte> indices) =>
        Avx2.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> HalvesToFloats(Vector256<byte> bits)
    {
        // Moved to their place in float32 they read as a number 2^112 too small, and infinity and NaN as a finite one.
        var magnitude = (bits.AsInt32() & Vector256.Create(0x7FFF)) << 13;
        var special = Vector256.GreaterThan(magnitude, Vector256.Create(0x7BFF << 13)) & Vector256.Create(0x7F800000);
        var sign = (bits.AsInt32() & Vector256.Create(0x8000)) << 16;
        return ((magnitude.AsSingle() * Vector256.Create(5.192297e33f)).AsInt32() | special | sign).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAddBytes(Vector256<byte> levels, void* x, Vector256<byte> sum) =>
        (sum.AsInt16() + Avx2.MultiplyAddAdjacent(levels, Vector256.Create(*(int*)x).AsSByte())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Magnitudes(Vector256<byte> bytes) => Avx2.Abs(bytes.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAddSigned(Vector256<byte> bytes, Vector256<byte> magnitudes, void* x, Vector256<byte> sum) =>
        (sum.AsInt32() + Avx2.MultiplyAddAdjacent(
            Avx2.MultiplyAddAdjacent(magnitudes, Avx2.Sign(Vector256.Create(*(int*)x).AsSByte(), bytes.AsSByte())),
            Vector256<short>.One)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> BroadcastWords(void* address, int shift)
    {
        var words = Vector256.Create(*(int*)address);
        return shift == 0 ? words.AsByte() : (words.AsInt16() << shift).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAddWords(Vector256<byte> x, Vector256<byte> y) =>
        Avx2.MultiplyAddAdjacent(x.AsInt16(), y.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAddWordsAt(Vector256<byte> words, void* x, Vector256<byte> sum) =>
        (sum.AsInt32() + Avx2.MultiplyAddAdjacent(words.AsInt16(), Vector256.Create(*(int*)x).AsInt16())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAddWords(Vector256<byte> x, Vector256<byte> y, Vector256<byte> sum) =>
        (sum.AsInt32() + Avx2.MultiplyAddAdjacent(x.AsInt16(), y.AsInt16())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddScaled(Vector256<byte> ints, Vector256<byte> scale, void* x, Vector256<byte> y) =>
        Vector256.MultiplyAddEstimate(
            Vector256.ConvertToSingle(ints.AsInt32()), scale.AsSingle() * Vector256.Create(*(float*)x), y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddProduct(Vector256<byte> floats, void* x, Vector256<byte> y) =>
        Vector256.MultiplyAddEstimate(floats.AsSingle(), Vector256.Create(*(float*)x), y.AsSingle()).AsByte();
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>128 bits, by portable operations alone.</summary>
readonly unsafe struct IntegerSimd128 : IIntegerSimd<Vector128<byte>>
{
    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(void* address) => Vector128.Load((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> value, void* address) => value.Store((byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EachByte(byte value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EachWord(short value) => Vector128.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EachInt(int value) => Vector128.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LaneBytes(uint pattern) =>
        (Vector128.Create(pattern) + Vector128.Create(0u, 0x04040404u, 0x08080808u, 0x0C0C0C0Cu)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Repeat(ulong first, ulong second) => Vector128.Create(first, second).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadWords(void* address) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsUInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadBytes(void* address) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)address).AsByte())).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> And(Vector128<byte> x, Vector128<byte> y) => x & y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Or(Vector128<byte> x, Vector128<byte> y) => x | y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Xor(Vector128<byte> x, Vector128<byte> y) => x ^ y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ShiftLeftInts(Vector128<byte> x, int count) => (x.AsInt32() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ShiftRightInts(Vector128<byte> x, int count) => (x.AsInt32() >>> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ShiftRightWords(Vector128<byte> x, int count) => (x.AsInt16() >> count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddBytes(Vector128<byte> x, Vector128<byte> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddFloats(Vector128<byte> x, Vector128<byte> y) =>
        (x.AsSingle() + y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyFloats(Vector128<byte> x, Vector128<byte> y) =>
        (x.AsSingle() * y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ScaleFloats(Vector128<byte> x, float factor) => (x.AsSingle() * factor).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddInts(Vector128<byte> x, Vector128<byte> y) =>
        (x.AsInt32() + y.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Shuffle(Vector128<byte> table, Vector128<byte> indices) =>
        Vector128.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> HalvesToFloats(Vector128<byte> bits)
    {
        // Moved to their place in float32 they read as a number 2^112 too small, and infinity and NaN as a finite one.
        var magnitude = (bits.AsInt32() & Vector128.Create(0x7FFF)) << 13;
        var special = Vector128.GreaterThan(magnitude, Vector128.Create(0x7BFF << 13)) & Vector128.Create(0x7F800000);
        var sign = (bits.AsInt32() & Vector128.Create(0x8000)) << 16;
        return ((magnitude.AsSingle() * Vector128.Create(5.192297e33f)).AsInt32() | special | sign).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAddBytes(Vector128<byte> levels, void* x, Vector128<byte> sum)
    {
        var (unsigned, signed) = (levels.AsInt16(), Vector128.Create(*(int*)x).AsInt16());
        var even = (unsigned & Vector128.Create((short)0xFF)) * (signed << 8 >> 8);
        return (sum.AsInt16() + even + (unsigned >>> 8) * (signed >> 8)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Magnitudes(Vector128<byte> bytes) => Vector128.Abs(bytes.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAddSigned(Vector128<byte> bytes, Vector128<byte> magnitudes, void* x, Vector128<byte> sum)
    {
        var (levels, values) = (bytes.AsInt16(), Vector128.Create(*(int*)x).AsInt16());
        var pairs = ((levels << 8 >> 8) * (values << 8 >> 8) + (levels >> 8) * (values >> 8)).AsInt32();
        return (sum.AsInt32() + (pairs << 16 >> 16) + (pairs >> 16)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> BroadcastWords(void* address, int shift)
    {
        var words = Vector128.Create(*(int*)address);
        return shift == 0 ? words.AsByte() : (words.AsInt16() << shift).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAddWords(Vector128<byte> x, Vector128<byte> y)
    {
        var (a, b) = (x.AsInt32(), y.AsInt32());
        return ((a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAddWordsAt(Vector128<byte> words, void* x, Vector128<byte> sum) =>
        AddInts(sum, MultiplyAddWords(words, Vector128.Create(*(int*)x).AsByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAddWords(Vector128<byte> x, Vector128<byte> y, Vector128<byte> sum) =>
        AddInts(sum, MultiplyAddWords(x, y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddScaled(Vector128<byte> ints, Vector128<byte> scale, void* x, Vector128<byte> y) =>
        Vector128.MultiplyAddEstimate(
            Vector128.ConvertToSingle(ints.AsInt32()), scale.AsSingle() * Vector128.Create(*(float*)x), y.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddProduct(Vector128<byte> floats, void* x, Vector128<byte> y) =>
        Vector128.MultiplyAddEstimate(floats.AsSingle(), Vector128.Create(*(float*)x), y.AsSingle()).AsByte();
}

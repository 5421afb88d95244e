using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// A native buffer that belongs to one thread, grows to the largest request and is freed with the thread.
/// </summary>
sealed unsafe class Scratch
{
    const nuint Alignment = 64;

    [ThreadStatic]
    static Scratch? t_own;

    float* _address;
    int _length;

    /// <summary>
    /// At least <paramref name="length"/> floats of undefined content, aligned to a cache line; valid until the thread
    /// asks again.
    /// </summary>
    public static float* Take(int length)
    {
        var own = t_own ??= new Scratch();
        if (own._length < length)
        {
            NativeMemory.AlignedFree(own._address);
            own._address = null;
            own._length = 0;
            own._address = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);
            own._length = length;
        }

        return own._address;
    }

    ~Scratch() => NativeMemory.AlignedFree(_address);
}

using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// Native scratch of one kernel on one thread: grows to the largest request, is reused by later calls and freed with
/// its thread.
/// </summary>
sealed unsafe class NativeBuffer
{
    const nuint Alignment = 64;

    float* _address;
    long _length;

    /// <summary>
    /// The calling thread's buffer for <typeparamref name="TKernel"/>; other kernels have others, so calls may nest.
    /// </summary>
    internal static NativeBuffer Of<TKernel>() => Slot<TKernel>.t_buffer ??= new NativeBuffer();

    /// <summary>
    /// At least <paramref name="length"/> floats of undefined content, 64-byte aligned, valid until the next call.
    /// </summary>
    internal float* Take(long length)
    {
        if (_length < length)
        {
            NativeMemory.AlignedFree(_address);
            _address = null;
            _length = 0;
            _address = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);
            _length = length;
        }

        return _address;
    }

    ~NativeBuffer() => NativeMemory.AlignedFree(_address);

    static class Slot<TKernel>
    {
        [ThreadStatic]
        internal static NativeBuffer? t_buffer;
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// Native scratch of one kernel on one thread: grows to the largest request, is reused by later calls and freed with
/// its thread.
/// </summary>
sealed unsafe class NativeBuffer
{
    AlignedBlock _block = new(0, zeroed: false);

    /// <summary>
    /// The calling thread's buffer for <typeparamref name="TKernel"/>; other kernels have others, so calls may nest.
    /// </summary>
    internal static NativeBuffer Of<TKernel>() => Slot<TKernel>.t_buffer ??= new NativeBuffer();

    /// <summary>
    /// At least <paramref name="length"/> floats of undefined content, 64-byte aligned, valid until the next call.
    /// </summary>
    internal float* Take(long length)
    {
        if (_block.Bytes < length * sizeof(float))
        {
            // First freed, so that the two are never there together.
            _block.Dispose();
            _block = new AlignedBlock(length * sizeof(float), zeroed: false);
        }

        return (float*)_block.Pointer;
    }

    static class Slot<TKernel>
    {
        [ThreadStatic]
        internal static NativeBuffer? t_buffer;
    }
}

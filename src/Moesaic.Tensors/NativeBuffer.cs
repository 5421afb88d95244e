using System.Runtime.InteropServices;

namespace Moesaic.Tensors;

/// <summary>A block of zeroed native memory, aligned for the widest vectors, freed by the finaliser at the latest.</summary>
sealed unsafe class NativeBuffer : IDisposable
{
    const nuint Alignment = 64;

    public NativeBuffer(long count)
    {
        Count = count;
        // One vector more than asked for: an empty tensor then still has an address.
        Pointer = (float*)NativeMemory.AlignedAlloc(((nuint)count * sizeof(float)) + Alignment, Alignment);
        NativeMemory.Clear(Pointer, (nuint)count * sizeof(float));
        GC.AddMemoryPressure((count * sizeof(float)) + (long)Alignment);
    }

    public float* Pointer { get; private set; }

    public long Count { get; }

    ~NativeBuffer() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (Pointer == null) return;
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        GC.RemoveMemoryPressure((Count * sizeof(float)) + (long)Alignment);
    }
}

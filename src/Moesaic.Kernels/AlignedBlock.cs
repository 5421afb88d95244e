using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>A block of native memory, aligned for the widest vectors, freed by the finaliser at the latest.</summary>
public sealed unsafe class AlignedBlock : IDisposable
{
    const nuint Alignment = 64;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">Size, 0 or more; an empty block has an address too.</param>
    /// <param name="zeroed">Whether it starts as zeros; else its content is undefined.</param>
    /// <param name="largePages">Ask for pages of 2 MiB, for memory that is read again and again. Advice, given on Linux.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public AlignedBlock(long bytes, bool zeroed, bool largePages = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        // One vector more than asked for: a pointer past the end still belongs to the block.
        Pointer = NativeMemory.AlignedAlloc((nuint)bytes + Alignment, Alignment);
        if (largePages) PageAdvice.AskForLargePages(Pointer, bytes);
        if (zeroed) NativeMemory.Clear(Pointer, (nuint)bytes);
        Bytes = bytes;
        GC.AddMemoryPressure(bytes + (long)Alignment);
    }

    /// <summary>The first byte, 64-byte aligned; null once the block is disposed.</summary>
    public void* Pointer { get; private set; }

    /// <summary>The size asked for; 0 once the block is disposed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Frees what was not disposed.</summary>
    ~AlignedBlock() => Free();

    /// <summary>Frees the memory now; whoever still holds the pointer must not use it.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (Pointer == null) return;
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Bytes + (long)Alignment);
        Pointer = null;
        Bytes = 0;
    }
}

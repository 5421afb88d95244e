using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// One block of memory for the matrices of a model, in large pages where the system has them: experts are smaller than a
/// large page, and reading them one after another would else wait for the address translation again and again.
/// </summary>
/// <remarks>Freed when the last matrix that lives in it is disposed. Not thread-safe.</remarks>
public sealed unsafe class WeightArena
{
    readonly AlignedBlock block;
    long taken;
    int users;

    /// <param name="bytes">For all matrices together, see <see cref="Need"/>.</param>
    public WeightArena(long bytes) => block = new AlignedBlock(bytes, zeroed: false, largePages: true);

    /// <summary>Bytes that a matrix takes in an arena.</summary>
    /// <param name="layout">Of the matrix.</param>
    public static long Need(in EncodedLayout layout) => (layout.Bytes + 63) / 64 * 64;

    /// <summary>The first byte of a new place, 64-byte aligned.</summary>
    internal byte* Take(in EncodedLayout layout)
    {
        var need = Need(layout);
        if (taken + need > block.Bytes) throw new InvalidOperationException($"the arena of {block.Bytes} bytes is full");
        var place = (byte*)block.Pointer + taken;
        taken += need;
        users++;
        return place;
    }

    /// <summary>A matrix is gone.</summary>
    internal void Leave()
    {
        if (--users == 0) block.Dispose();
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// A job without its type: the code, the address of the job in the caller's frame, the number of parts.
/// </summary>
readonly unsafe struct SharedWork(delegate*<void*, int, void> code, void* job, int parts)
{
    public int Parts { get; } = parts;

    public void Execute(int part) => code(job, part);
}

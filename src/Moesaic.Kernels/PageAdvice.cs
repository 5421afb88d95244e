using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>What the system is told about how memory is used (madvise). Only advice, and only given on Linux.</summary>
public static unsafe partial class PageAdvice
{
    const int DontNeed = 4, HugePage = 14;

    /// <summary>Asks for large pages, for memory that is read again and again.</summary>
    /// <param name="start">First byte; only pages that lie wholly in the range are meant.</param>
    /// <param name="bytes">Length of the range.</param>
    public static void AskForLargePages(void* start, long bytes) => Give(start, bytes, HugePage);

    /// <summary>Lets pages of a mapped file leave the process; they are read again when touched.</summary>
    /// <param name="start">First byte; only pages that lie wholly in the range are meant.</param>
    /// <param name="bytes">Length of the range.</param>
    public static void Release(void* start, long bytes) => Give(start, bytes, DontNeed);

    static void Give(void* start, long bytes, int advice)
    {
        if (!OperatingSystem.IsLinux()) return;
        long page = Environment.SystemPageSize, first = ((long)start + page - 1) / page * page, end = ((long)start + bytes) / page * page;
        if (end > first) _ = Advise((void*)first, (nuint)(end - first), advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}

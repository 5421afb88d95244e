using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>The peer: sgemm of the OpenBLAS that Debian installs as libopenblas0-pthread.</summary>
static unsafe partial class OpenBlas
{
    const string Library = "libopenblas.so.0";
    const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    /// <summary>
    /// Loads the library; null when it is not there. OPENBLAS_CORETYPE, when set, chooses its kernels.
    /// </summary>
    public static string? TryStart(int threads)
    {
        // Old versions take an unknown AVX-512 processor for an AVX2 one. The library reads the native environment
        // while loading.
        if (KernelSelection.Supports(KernelLevel.Vector512) && OperatingSystem.IsLinux())
            _ = SetVariable("OPENBLAS_CORETYPE", "SkylakeX", 0);
        if (!NativeLibrary.TryLoad(Library, out _))
            return null;
        SetThreads(threads);
        return $"{Marshal.PtrToStringUTF8(Configuration())}, kernels {Marshal.PtrToStringUTF8(CoreName())}";
    }

    public static void Multiply(MatMulForm form, in MatMulProblem p) => Sgemm(
        RowMajor,
        form == MatMulForm.AtB ? Transpose : NoTranspose,
        form == MatMulForm.ABt ? Transpose : NoTranspose,
        p.M, p.N, p.K, 1, p.A, p.LdA, p.B, p.LdB, p.Accumulate ? 1 : 0, p.C, p.LdC);

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transA, int transB, int m, int n, int k, float alpha, float* a, int ldA, float* b, int ldB, float beta, float* c, int ldC);

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint Configuration();

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}

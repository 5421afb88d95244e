namespace Moesaic.Kernels;

/// <summary>Which version of every kernel runs: the plain reference, or vectors of a fixed width.</summary>
public enum KernelLevel
{
    /// <summary>Plain loops, the definition the other levels are compared with. Runs everywhere, slow.</summary>
    Reference,

    /// <summary>128-bit vectors: 4 floats (SSE, Neon).</summary>
    Vector128,

    /// <summary>256-bit vectors: 8 floats (AVX2 with FMA).</summary>
    Vector256,

    /// <summary>512-bit vectors: 16 floats (AVX-512).</summary>
    Vector512,
}

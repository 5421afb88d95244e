namespace Moesaic.Kernels;

/// <summary>How a cache stores keys and values.</summary>
public enum CacheEncoding
{
    /// <summary>IEEE 754 single precision: what was computed, bit for bit.</summary>
    F32,

    /// <summary>IEEE 754 half precision: half the memory.</summary>
    F16,

    /// <summary>
    /// 8 bits and a half-precision scale per 32 values of a head (per head when it is narrower): little more than a
    /// quarter of the memory.
    /// </summary>
    Q8_0,
}

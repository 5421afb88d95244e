namespace Moesaic.Kernels;

/// <summary>
/// How the values of a weight matrix are stored. The block types are those of GGUF files: a row is cut into blocks of
/// equal length that share a scale. <see cref="WeightEncodings"/> has their geometry, <see cref="BlockCodec"/> converts.
/// </summary>
public enum WeightEncoding
{
    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper half of float32.</summary>
    BF16,

    /// <summary>8 bits and a scale per 32 values; 8.5 bits per value.</summary>
    Q8_0,

    /// <summary>4 bits and a scale per 32 values; 4.5 bits per value.</summary>
    Q4_0,

    /// <summary>4 bits, a scale and a minimum per 32 values; 5 bits per value.</summary>
    Q4_1,

    /// <summary>5 bits and a scale per 32 values; 5.5 bits per value.</summary>
    Q5_0,

    /// <summary>5 bits, a scale and a minimum per 32 values; 6 bits per value.</summary>
    Q5_1,

    /// <summary>2 bits in blocks of 256 values, with 4-bit scales and minima per 16; 2.625 bits per value.</summary>
    Q2_K,

    /// <summary>3 bits in blocks of 256 values, with 6-bit scales per 16; 3.4375 bits per value.</summary>
    Q3_K,

    /// <summary>4 bits in blocks of 256 values, with 6-bit scales and minima per 32; 4.5 bits per value.</summary>
    Q4_K,

    /// <summary>5 bits in blocks of 256 values, with 6-bit scales and minima per 32; 5.5 bits per value.</summary>
    Q5_K,

    /// <summary>6 bits in blocks of 256 values, with 8-bit scales per 16; 6.5625 bits per value.</summary>
    Q6_K,

    /// <summary>An index into 16 unevenly spaced levels and a scale per 32 values; 4.5 bits per value.</summary>
    IQ4_NL,

    /// <summary>
    /// OCP microscaling FP4: 4-bit floating point (E2M1) and a power of two per 32 values; 4.25 bits per value.
    /// </summary>
    MXFP4,

    /// <summary>
    /// A code book of 256 groups of 8 magnitudes, 7 of 8 signs and a 4-bit scale per 32 values, in blocks of 256; 2.0625
    /// bits per value. Read, never written.
    /// </summary>
    IQ2_XXS,
}

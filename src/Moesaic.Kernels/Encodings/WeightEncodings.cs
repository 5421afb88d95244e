namespace Moesaic.Kernels;

/// <summary>Names, GGUF numbers and sizes of the <see cref="WeightEncoding"/>s.</summary>
public static class WeightEncodings
{
    /// <summary>Number of values that share a block; rows are whole numbers of blocks. 1 for the unblocked types.</summary>
    public static int BlockLength(this WeightEncoding encoding) => EncodingTable.Of(encoding).BlockLength;

    /// <summary>Bytes of one block.</summary>
    public static int BlockBytes(this WeightEncoding encoding) => EncodingTable.Of(encoding).BlockBytes;

    /// <summary>The name that GGUF tools use, such as <c>Q4_K</c>.</summary>
    public static string Name(this WeightEncoding encoding) => EncodingTable.Of(encoding).Name;

    /// <summary>The number of the type in GGUF tensor descriptions (<c>ggml_type</c>).</summary>
    public static int GgufType(this WeightEncoding encoding) => EncodingTable.Of(encoding).GgufType;

    /// <summary>Whether <see cref="BlockCodec.Encode"/> can write it; all can be read.</summary>
    public static bool CanEncode(this WeightEncoding encoding) => EncodingTable.Of(encoding).Encode is not null;

    /// <summary>The encoding that a number of <c>ggml_type</c> means; false when it is none of ours.</summary>
    /// <param name="ggufType">The number from the file.</param>
    /// <param name="encoding">The encoding; meaningless when the result is false.</param>
    public static bool TryFromGguf(int ggufType, out WeightEncoding encoding)
    {
        foreach (WeightEncoding candidate in Enum.GetValues<WeightEncoding>())
        {
            encoding = candidate;
            if (candidate.GgufType() == ggufType) return true;
        }

        encoding = default;
        return false;
    }

    /// <summary>Whether rows of so many columns are whole numbers of blocks.</summary>
    public static bool Fits(this WeightEncoding encoding, int columns) => columns >= 0 && columns % encoding.BlockLength() == 0;

    /// <summary>Bytes of one row.</summary>
    /// <param name="encoding">How the row is stored.</param>
    /// <param name="columns">Values in the row; a multiple of <see cref="BlockLength"/>.</param>
    /// <exception cref="ArgumentException">The row is no whole number of blocks.</exception>
    public static long RowBytes(this WeightEncoding encoding, int columns)
    {
        if (!encoding.Fits(columns))
        {
            throw new ArgumentException(
                $"A row of {columns} values is no whole number of {encoding.Name()} blocks of {encoding.BlockLength()}.", nameof(columns));
        }

        return (long)columns / encoding.BlockLength() * encoding.BlockBytes();
    }

    /// <summary>
    /// The encoding to use for rows that <paramref name="encoding"/> does not fit, as llama.cpp chooses it
    /// (<c>tensor_type_fallback</c>): a block type of 32 values with at least as many bits, or F16 when 32 does not divide
    /// the row either.
    /// </summary>
    /// <param name="encoding">The encoding that was asked for.</param>
    /// <param name="columns">Values in a row.</param>
    /// <returns><paramref name="encoding"/> itself when it fits.</returns>
    public static WeightEncoding Fallback(this WeightEncoding encoding, int columns)
    {
        if (encoding.Fits(columns)) return encoding;
        WeightEncoding smaller = encoding switch
        {
            WeightEncoding.Q2_K or WeightEncoding.Q3_K => WeightEncoding.Q4_0,
            WeightEncoding.Q4_K => WeightEncoding.Q5_0,
            WeightEncoding.Q5_K => WeightEncoding.Q5_1,
            WeightEncoding.Q6_K => WeightEncoding.Q8_0,
            WeightEncoding.IQ2_XXS => WeightEncoding.IQ4_NL,
            _ => WeightEncoding.F16,
        };
        return smaller.Fits(columns) ? smaller : WeightEncoding.F16;
    }
}

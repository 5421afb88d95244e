namespace Moesaic.Kernels;

/// <summary>What is known of each <see cref="WeightEncoding"/>, in one table.</summary>
static class EncodingTable
{
    /// <summary>Reads whole blocks: as many values as the bytes hold.</summary>
    internal delegate void Decoder(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>Writes one row; <paramref name="importance"/> is per column or empty.</summary>
    internal delegate void Encoder(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> blocks);

    /// <param name="Name">As GGUF tools write it.</param>
    /// <param name="GgufType">The number of <c>ggml_type</c>.</param>
    /// <param name="BlockLength">Values in a block.</param>
    /// <param name="BlockBytes">Bytes of a block.</param>
    /// <param name="Largest">The largest magnitude that certainly stays finite.</param>
    /// <param name="Decode">Reads whole blocks.</param>
    /// <param name="Encode">Writes one row; null when it cannot be written.</param>
    internal sealed record Entry(
        string Name, int GgufType, int BlockLength, int BlockBytes, float Largest, Decoder Decode, Encoder? Encode);

    // What rounds to a finite half; the values themselves or a minimum are stored as halves.
    const float LargestHalf = 65519.996f;
    const float LargestBFloat16 = 3.3961775e38f;

    static readonly Entry[] s_entries = Build();

    internal static Entry Of(WeightEncoding encoding) => (uint)encoding < (uint)s_entries.Length
        ? s_entries[(int)encoding]
        : throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "No such weight encoding.");

    static Entry[] Build()
    {
        var entries = new Entry[Enum.GetValues<WeightEncoding>().Length];
        void Add(WeightEncoding encoding, Entry entry) => entries[(int)encoding] = entry;

        Add(WeightEncoding.F32, new("F32", 0, 1, 4, float.MaxValue, PlainRows.DecodeF32, PlainRows.EncodeF32));
        Add(WeightEncoding.F16, new("F16", 1, 1, 2, LargestHalf, PlainRows.DecodeF16, PlainRows.EncodeF16));
        Add(WeightEncoding.BF16, new("BF16", 30, 1, 2, LargestBFloat16, PlainRows.DecodeBF16, PlainRows.EncodeBF16));
        Add(WeightEncoding.Q8_0, Blocks<Q8_0>("Q8_0", 8));
        Add(WeightEncoding.Q4_0, Blocks<Q4_0>("Q4_0", 2));
        Add(WeightEncoding.Q4_1, Blocks<Q4_1>("Q4_1", 3));
        Add(WeightEncoding.Q5_0, Blocks<Q5_0>("Q5_0", 6));
        Add(WeightEncoding.Q5_1, Blocks<Q5_1>("Q5_1", 7));
        Add(WeightEncoding.Q2_K, Blocks<Q2_K>("Q2_K", 10));
        Add(WeightEncoding.Q3_K, Blocks<Q3_K>("Q3_K", 11));
        Add(WeightEncoding.Q4_K, Blocks<Q4_K>("Q4_K", 12));
        Add(WeightEncoding.Q5_K, Blocks<Q5_K>("Q5_K", 13));
        Add(WeightEncoding.Q6_K, Blocks<Q6_K>("Q6_K", 14));
        Add(WeightEncoding.IQ4_NL, Blocks<IQ4_NL>("IQ4_NL", 20));
        Add(WeightEncoding.MXFP4, Blocks<MXFP4>("MXFP4", 39, float.MaxValue));
        Add(WeightEncoding.IQ2_XXS, new("IQ2_XXS", 16, IQ2_XXS.Length, IQ2_XXS.Bytes, 0, BlockRows.Decode<IQ2_XXS>, null));
        return entries;
    }

    static Entry Blocks<TBlock>(string name, int ggufType, float largest = LargestHalf) where TBlock : IBlockEncoder =>
        new(name, ggufType, TBlock.Length, TBlock.Bytes, largest, BlockRows.Decode<TBlock>, BlockRows.Encode<TBlock>);
}

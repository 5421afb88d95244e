namespace Moesaic.Kernels;

/// <summary>Where each encoding's fields are, in one table.</summary>
static class EncodedPanels
{
    static readonly PanelShape?[] s_shapes = Build();

    /// <summary>The shape of the panels; null when the encoding has none.</summary>
    internal static PanelShape? ShapeOf(WeightEncoding encoding) => s_shapes[(int)encoding];

    /// <summary>Whether activations have a scale per 256 values, else per 32.</summary>
    internal static bool IsSuper(WeightEncoding encoding) => encoding.BlockLength() == Activations.SliceLength;

    static PanelShape?[] Build()
    {
        var shapes = new PanelShape?[Enum.GetValues<WeightEncoding>().Length];
        void Add(WeightEncoding encoding, int firstWord, int words, int scaleOffset, int scaleBytes, bool fifthBits = false) =>
            shapes[(int)encoding] =
                new(encoding.BlockLength(), encoding.BlockBytes(), firstWord, words, scaleOffset, scaleBytes, fifthBits);

        Add(WeightEncoding.Q4_0, 2, 4, 0, 2);
        Add(WeightEncoding.Q4_1, 4, 4, 0, 4);
        Add(WeightEncoding.Q5_0, 2, 5, 0, 2, fifthBits: true);
        Add(WeightEncoding.Q5_1, 4, 5, 0, 4, fifthBits: true);
        Add(WeightEncoding.Q8_0, 2, 8, 0, 2);
        Add(WeightEncoding.IQ4_NL, 2, 4, 0, 2);
        Add(WeightEncoding.MXFP4, 1, 4, 0, 1);
        Add(WeightEncoding.Q2_K, 0, 20, 80, 4);
        Add(WeightEncoding.Q3_K, 0, 27, 108, 2);
        Add(WeightEncoding.Q4_K, 4, 35, 0, 4);
        Add(WeightEncoding.Q5_K, 4, 43, 0, 4);
        Add(WeightEncoding.Q6_K, 0, 52, 208, 2);

        // One value in a word.
        shapes[(int)WeightEncoding.F32] = new(1, 4, 0, 1, 0, 0);

        // Two values in a word; a row of odd length is filled up.
        shapes[(int)WeightEncoding.F16] = new(2, 4, 0, 1, 0, 0);
        shapes[(int)WeightEncoding.BF16] = new(2, 4, 0, 1, 0, 0);
        return shapes;
    }
}

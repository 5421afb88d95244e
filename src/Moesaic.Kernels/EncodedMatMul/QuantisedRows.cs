namespace Moesaic.Kernels;

/// <summary>The activations of the problems of a group that share X: one set of <see cref="Activations"/>.</summary>
unsafe struct QuantisedRows
{
    /// <summary>First element of the activations.</summary>
    internal float* X;

    /// <summary>Number of rows.</summary>
    internal int M;

    /// <summary>Values in a row.</summary>
    internal int K;

    /// <summary>Floats from one row to the next.</summary>
    internal int LdX;

    /// <summary>One scale per 256 values, else per 32.</summary>
    internal bool PerSlice;

    /// <summary>Offset of the converted rows in the scratch memory of the call.</summary>
    internal long Offset;

    /// <summary>Number of the set's first row in the group.</summary>
    internal long FirstRow;

    internal static QuantisedRows Of(in EncodedProblem problem) => new()
    {
        X = problem.X, M = problem.M, K = problem.Weights.Layout.Columns, LdX = problem.LdX,
        PerSlice = EncodedPanels.IsSuper(problem.Weights.Layout.Encoding),
    };

    internal readonly bool Shares(in QuantisedRows other) =>
        X == other.X && M == other.M && K == other.K && LdX == other.LdX && PerSlice == other.PerSlice;

    internal readonly void Quantise(byte* scratch, int row)
    {
        var bytes = Activations.RowBytes(K);
        ActivationQuantiser.Row(X + (long)row * LdX, K, PerSlice, scratch + Offset + row * bytes);
    }
}

namespace Moesaic.Kernels;

/// <summary>A part of a product: some activation rows times some panels.</summary>
readonly unsafe struct PanelWork
{
    /// <summary>Encoding, sizes and order of the weights.</summary>
    internal required EncodedLayout Layout { get; init; }

    /// <summary>First panel of the part.</summary>
    internal required byte* Panel { get; init; }

    /// <summary>Number of panels.</summary>
    internal required int Panels { get; init; }

    /// <summary>First activation row: <see cref="Activations"/>, or float32 for float encodings.</summary>
    internal required byte* X { get; init; }

    /// <summary>Bytes from one activation row to the next.</summary>
    internal required nint Stride { get; init; }

    /// <summary>Number of activation rows.</summary>
    internal required int Rows { get; init; }

    /// <summary>Result of the first row and the first output row of the first panel.</summary>
    internal required float* Y { get; init; }

    /// <summary>Floats from one row of the result to the next.</summary>
    internal required nint LdY { get; init; }

    /// <summary>Output rows from the first panel of the part to the end of the matrix.</summary>
    internal required int Columns { get; init; }
}

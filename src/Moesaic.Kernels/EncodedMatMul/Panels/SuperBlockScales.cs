namespace Moesaic.Kernels;

/// <summary>
/// The scales of a block of 256 values, expanded to an array of vectors: s of each run first. The constants are indices of
/// what follows.
/// </summary>
static class SuperBlockScales
{
    /// <summary>t of each two neighbours.</summary>
    internal const int Minima = 16;

    /// <summary>d.</summary>
    internal const int Scale = Minima + 8;

    /// <summary>−m.</summary>
    internal const int NegativeMinimum = Scale + 1;

    /// <summary>Length of the array.</summary>
    internal const int Count = NegativeMinimum + 1;
}

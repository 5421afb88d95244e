namespace Moesaic.Kernels;

/// <summary>A vector width that also reads columns of a matrix, which is a transposition in registers.</summary>
unsafe interface ISimdColumns<TVector> : ISimd<TVector>
{
    /// <summary>
    /// Four columns of a row-major matrix with as many rows as there are lanes: vector i holds column i.
    /// </summary>
    static abstract void LoadColumns(
        float* address, nint ld, out TVector column0, out TVector column1, out TVector column2, out TVector column3);
}

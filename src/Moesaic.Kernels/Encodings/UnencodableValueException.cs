namespace Moesaic.Kernels;

/// <summary>A weight, or its importance, that an encoding cannot hold: NaN, infinite or too large.</summary>
/// <param name="message">What, where and why.</param>
/// <param name="row">Row of the value in what was to be encoded; −1 for an importance.</param>
/// <param name="column">Column of the value.</param>
public sealed class UnencodableValueException(string message, int row, int column) : InvalidOperationException(message)
{
    /// <summary>Row of the value in what was to be encoded, from 0; −1 for an importance.</summary>
    public int Row => row;

    /// <summary>Column of the value, from 0.</summary>
    public int Column => column;
}

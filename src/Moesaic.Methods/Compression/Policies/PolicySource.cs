namespace Moesaic.Methods.Compression.Policies;

/// <summary>Where the numbers of a policy come from when no option gives them.</summary>
public enum PolicySource
{
    /// <summary>Statistics of the model on calibration text.</summary>
    Statistics,
}

namespace Moesaic.Methods.Compression.Search;

/// <summary>What an evolution measures of a model.</summary>
public enum EepMetric
{
    /// <summary>The loss on calibration text; a point is a hundredth of a nat.</summary>
    Loss,

    /// <summary>
    /// The documentation that the model writes below signatures of the training part of dotnet-docs: the mean of the part of the parameters it describes and of the part of
    /// first sentences with the true verb; a point is a hundredth of all. For models that learned dotnet-docs.
    /// </summary>
    Signature,
}

using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Search;

/// <summary>What a search measures of whole models: the same for the same model.</summary>
interface IModelMetric
{
    /// <summary>Whether there is something to measure the best models on once more.</summary>
    bool HasOther { get; }

    /// <summary>What was measured on, for people.</summary>
    string Described { get; }

    /// <summary>Measures a model, in points; more is better.</summary>
    /// <param name="model">Stays the caller's.</param>
    /// <param name="other">Whether on what the search did not see.</param>
    /// <param name="cancellation">Stops between layers, or steps.</param>
    double Measure(ModelPieces model, bool other, CancellationToken cancellation);
}

namespace Moesaic.Inference;

/// <summary>What the router of one layer decided for one token.</summary>
/// <param name="Layer">Number of the layer in the model, from 0.</param>
/// <param name="Experts">The experts that computed, best first; may be none.</param>
/// <param name="Weights">Their combine weights.</param>
public sealed record LayerRouting(int Layer, IReadOnlyList<int> Experts, IReadOnlyList<float> Weights);

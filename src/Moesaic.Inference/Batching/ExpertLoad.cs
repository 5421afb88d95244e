namespace Moesaic.Inference;

/// <summary>How often the experts of a layer were chosen, prompts and texts together.</summary>
/// <param name="Layer">Number of the layer in the model, from 0.</param>
/// <param name="Tokens">Tokens that were routed.</param>
/// <param name="Slots">For each of the E experts how many tokens chose it.</param>
public sealed record ExpertLoad(int Layer, long Tokens, IReadOnlyList<long> Slots);

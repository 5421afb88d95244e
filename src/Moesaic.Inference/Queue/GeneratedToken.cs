namespace Moesaic.Inference;

/// <summary>A token of a text.</summary>
/// <param name="Id">Token id.</param>
/// <param name="LogProbability">How likely it and others were; null when it was not asked for.</param>
/// <param name="Routing">
/// The experts of each mixture layer that computed the logits it was chosen from, that is, those of the token before it; null when it
/// was not asked for.
/// </param>
public sealed record GeneratedToken(int Id, ChosenToken? LogProbability, IReadOnlyList<LayerRouting>? Routing);

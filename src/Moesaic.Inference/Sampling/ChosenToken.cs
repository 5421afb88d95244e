namespace Moesaic.Inference;

/// <summary>A generated token and what else the model thought of in its place; see <see cref="Inference.LogProbabilities"/>.</summary>
/// <param name="Token">The token and its log-probability.</param>
/// <param name="Top">The most likely tokens, most likely first; the chosen one is among them or not.</param>
public sealed record ChosenToken(TokenLogProbability Token, IReadOnlyList<TokenLogProbability> Top)
{
    internal static ChosenToken Of(LogProbabilities probabilities, ReadOnlySpan<float> logits, int id, int top)
    {
        var likely = new TokenLogProbability[Math.Min(top, logits.Length)];
        return new ChosenToken(new TokenLogProbability(id, probabilities.Of(logits, id, likely)), likely);
    }
}

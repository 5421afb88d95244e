using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>The tokens of one text with the experts that led to them, and how many these were.</summary>
sealed class RoutedTokens
{
    readonly StreamingDecoder decoder;
    long layers, experts;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">What the text follows.</param>
    public RoutedTokens(ITokenizer tokenizer, ReadOnlySpan<int> prompt)
    {
        decoder = new StreamingDecoder(tokenizer);
        foreach (var id in prompt) decoder.Push(id);
    }

    /// <summary>Layers that routed a token, and experts that these chose, so far.</summary>
    public (long Layers, long Experts) Counts => (layers, experts);

    /// <summary>Takes tokens of the text.</summary>
    public MoesaicChoice Add(IEnumerable<GeneratedToken> tokens) => new([.. tokens.Select(Of)]);

    RoutedToken Of(GeneratedToken token)
    {
        var routing = token.Routing ?? [];
        layers += routing.Count;
        experts += routing.Sum(l => l.Experts.Count);
        return new RoutedToken(token.Id, decoder.Push(token.Id), [.. routing.Select(l => new RoutedLayer(l.Layer, l.Experts, l.Weights))]);
    }
}

using Moesaic.Kernels;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What one router decided in a pass, as objectives see it. Lives until the pass ends.</summary>
/// <param name="Router">Whose decisions.</param>
/// <param name="Logits">[T, E], all transforms done, noise added.</param>
/// <param name="Noisy">What learned noise was made of, or null without.</param>
/// <param name="Routing">The decisions.</param>
/// <param name="Counted">T flags: whether a token counts; empty when all do.</param>
/// <param name="Sequences">The sequences of the pass, by the rows of their queries.</param>
public readonly record struct RouterDecisions(
    Router Router, Tensor Logits, NoisyLogits? Noisy, Routing Routing, ReadOnlyMemory<bool> Counted, ReadOnlyMemory<AttentionSegment> Sequences)
{
    /// <summary>Whether a token counts.</summary>
    public bool Counts(int token) => Counted.IsEmpty || Counted.Span[token];

    /// <summary>One token.</summary>
    public RoutedToken Token(int token)
    {
        var most = Routing.Weights.Columns;
        var chosen = Selection.Filled(Routing.Chosen.Span.Slice(token * most, most));
        return new RoutedToken
        {
            Spec = Router.Spec,
            Logits = Logits.Row(token),
            Probabilities = Routing.Probabilities.Row(token),
            LogSumExp = Routing.LogSumExp.Span[token],
            Chosen = chosen,
            Wanted = Routing.Wanted.IsEmpty ? chosen : Selection.Filled(Routing.Wanted.Span.Slice(token * Routing.WantedWidth, Routing.WantedWidth)),
            Weights = Routing.Weights.Row(token)[..chosen.Length],
            Clean = Noisy is { } noisy ? noisy.Clean.Row(token) : default,
            Deviations = Noisy is { } drawn ? drawn.Deviations.Row(token) : default,
        };
    }

    /// <summary>The number of each token's sequence; −1 for tokens of none.</summary>
    public int[] SequenceOfToken()
    {
        var numbers = new int[Logits.Rows];
        Array.Fill(numbers, -1);
        for (var s = 0; s < Sequences.Length; s++)
            numbers.AsSpan(Sequences.Span[s].QueryStart, Sequences.Span[s].QueryCount).Fill(s);
        return numbers;
    }
}

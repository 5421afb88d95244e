namespace Moesaic.Inference;

/// <summary>What is wanted of a sequence besides the logits at its end. With a reader it computes every token and takes no pages over.</summary>
sealed record SequenceWishes
{
    public static SequenceWishes None { get; } = new();

    /// <summary>Is shown the logits of all tokens of the prompt but the last, in their order; null: nobody is.</summary>
    public RowReader? PromptLogits { get; init; }

    /// <summary>Is shown the hidden states of all tokens, after the last norm; the sequence then has no logits. Null: nobody is.</summary>
    public RowReader? Hidden { get; init; }

    /// <summary>How many forks at the end of the prompt have room kept for them.</summary>
    public int Forks { get; init; }

    /// <summary>Whether <see cref="BatchSequence.Routing"/> is wanted.</summary>
    public bool Routing { get; init; }

    public bool ReadsAll => PromptLogits is not null || Hidden is not null;
}

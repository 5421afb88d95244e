using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A text whose hidden states are asked of a <see cref="GenerationQueue"/>.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>Token ids, one or more, at most the context; must stay unchanged until the task ends.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>What becomes of the hidden states. Default: their mean.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Whether every vector is divided by its length (a vector of zeros stays). Default true.</summary>
    public bool Normalise { get; init; } = true;

    /// <summary>Name of the task, for a model whose routers decide by one.</summary>
    public string? Task { get; init; }

    /// <inheritdoc cref="GenerationRequest.Client"/>
    public string Client { get; init; } = "";

    /// <inheritdoc cref="GenerationRequest.Deadline"/>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside.</exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Pooling)) throw new BadRequestException($"There is no pooling {Pooling}; there are mean, last and none.");
        if (Deadline <= TimeSpan.Zero) throw new BadRequestException($"The deadline is after {Deadline}; need more than 0.");
    }
}

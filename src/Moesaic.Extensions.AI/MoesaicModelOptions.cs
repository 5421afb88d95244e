using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Extensions.AI;

/// <summary>How a <see cref="MoesaicModel"/> is opened and run.</summary>
public sealed record MoesaicModelOptions
{
    /// <summary>What the model is called in answers and requests. Null, the default: the name of its folder, or of its file without .gguf.</summary>
    public string? Name { get; init; }

    /// <summary>How weights are kept in memory. Default: in the encoding they are stored in. Not for a model that is loaded already.</summary>
    public WeightStorage Weights { get; init; } = WeightStorage.Stored;

    /// <summary>
    /// Longest prompt and answer together, in tokens, 1 to what the model was made for. Null, the default: as long as the model was made for,
    /// or the cache holds. Answers without a bound on their length reserve room for so many, so a smaller one lets more run together.
    /// </summary>
    public int? Context { get; init; }

    /// <summary>
    /// Tokens whose keys and values are kept, of all texts together. Null, the default: those of all texts that run together at their
    /// longest, or as many as <see cref="CacheBytes"/> hold.
    /// </summary>
    public int? CacheTokens { get; init; }

    /// <summary>Bytes of keys and values at most where <see cref="CacheTokens"/> is null. Default 2·10⁹.</summary>
    public long CacheBytes { get; init; } = 2_000_000_000;

    /// <summary>How keys and values are stored. Default: as computed (F32).</summary>
    public CacheEncoding Cache { get; init; } = CacheEncoding.F32;

    /// <summary>Most prompt tokens in a step: fewer let those that write wait less while a long prompt is read. Default 64.</summary>
    public int Chunk { get; init; } = 64;

    /// <summary>Routing policies in place of the model's own; null, the default: its own.</summary>
    public RoutingPolicies? Policies { get; init; }

    /// <summary>A Jinja template to write conversations with. Null, the default: the one that comes with the model, if any.</summary>
    public string? Template { get; init; }

    /// <summary>How many requests wait and run.</summary>
    public QueueOptions Queue { get; init; } = new();

    /// <summary>Sizes of the batch for a model.</summary>
    /// <exception cref="BadRequestException">A value is out of range.</exception>
    internal BatchOptions Batch(ModelSpec spec)
    {
        Queue.Validate();
        if (Context is < 1 || Context > spec.MaxPositions)
            throw new BadRequestException($"A context of {Context} tokens was asked for; the model was made for 1 to {spec.MaxPositions}.");
        if (CacheBytes < 1) throw new BadRequestException($"A cache of {CacheBytes} bytes was asked for; need 1 or more.");
        var shape = Context is { } context ? spec with { MaxPositions = context } : spec;
        var sizes = CacheTokens is { } tokens
            ? new BatchOptions { CacheTokens = tokens, Encoding = Cache } : BatchOptions.Within(shape, CacheBytes, Queue.Running, Cache);
        return sizes with { Context = Context, Chunk = Chunk, Policies = Policies };
    }
}

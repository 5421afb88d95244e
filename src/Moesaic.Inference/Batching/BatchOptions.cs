using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Layers;

namespace Moesaic.Inference;

/// <summary>Sizes of a <see cref="BatchDecoder"/>. None of them changes results, except the encoding of the cache and the policies.</summary>
public sealed record BatchOptions
{
    /// <summary>Tokens whose keys and values fit, of all sequences together; rounded up to whole pages. 1 or more.</summary>
    public required int CacheTokens { get; init; }

    /// <summary>
    /// Longest prompt and text together, in tokens, where less than the model was made for and the cache holds will do: a text whose length
    /// is not bounded otherwise reserves room for so many. 1 or more; null, the default: no such bound.
    /// </summary>
    public int? Context { get; init; }

    /// <summary>
    /// Most tokens of prompts in a step. Sequences that add one token take part in every step besides. 1 or more. Default 256. Under a policy that protects tokens
    /// a longer prompt is read in one step all the same, and no prefix is reused: <see cref="TokenProtection"/>.
    /// </summary>
    public int Chunk { get; init; } = 256;

    /// <summary>
    /// How keys and values are stored. Default: as computed (<see cref="CacheEncoding.F32"/>). The others take less memory and
    /// move logits a little: by about 0.001 (F16) and 0.01 (Q8_0) of their norm.
    /// </summary>
    public CacheEncoding Encoding { get; init; } = CacheEncoding.F32;

    /// <summary>
    /// Whether whole pages of tokens that a new sequence shares with others, or with earlier ones as long as there is room, are
    /// used instead of computed again. Default true.
    /// </summary>
    public bool ReusesPrefixes { get; init; } = true;

    /// <summary>What takes the place of the model's own routing policies; null, the default: nothing. See <see cref="BatchDecoder.Policies"/>.</summary>
    public RoutingPolicies? Policies { get; init; }

    /// <summary>Sizes for so many bytes of cache, or fewer where fewer hold all texts at their longest.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="bytes">Of keys and values, at most; one page is taken in any case.</param>
    /// <param name="texts">How many texts there are at the same time, 1 or more.</param>
    /// <param name="encoding">How keys and values are stored.</param>
    public static BatchOptions Within(ModelSpec spec, long bytes, int texts = 1, CacheEncoding encoding = CacheEncoding.F32)
    {
        var fits = bytes / PagedCache.BytesOfPage(spec, encoding) * PagedCache.PageTokens;
        var most = Math.Max(PagedCache.PageTokens, Math.Min((long)spec.MaxPositions * texts, int.MaxValue - PagedCache.PageTokens));
        return new BatchOptions { CacheTokens = (int)Math.Clamp(fits, PagedCache.PageTokens, most), Encoding = encoding };
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside; the message says which and what is allowed.</exception>
    public void Validate()
    {
        if (CacheTokens < 1) throw new BadRequestException($"A cache for {CacheTokens} tokens was asked for; need 1 or more.");
        if (Context < 1) throw new BadRequestException($"A context of {Context} tokens was asked for; need 1 or more.");
        if (Chunk < 1) throw new BadRequestException($"Steps of {Chunk} prompt tokens were asked for; need 1 or more.");
        if (!Enum.IsDefined(Encoding)) throw new BadRequestException($"There is no cache encoding {Encoding}.");
    }
}

using Moesaic.Formats;

namespace Moesaic.Models.Gguf;

/// <summary>The keys of an architecture: its name, a point, and one of the names below.</summary>
/// <param name="metadata">All keys of the file.</param>
/// <param name="tensors">The file's tensors; null when keys are written.</param>
/// <param name="architecture">general.architecture.</param>
sealed class GgufKeys(GgufMetadata metadata, GgufFile? tensors, string architecture)
{
    public const string HeadCount = "attention.head_count", KeyValueHeadCount = "attention.head_count_kv",
        KeyLength = "attention.key_length", ValueLength = "attention.value_length", FeedForwardLength = "feed_forward_length",
        BlockCount = "block_count", EmbeddingLength = "embedding_length", ContextLength = "context_length",
        RopeDimensions = "rope.dimension_count", NormEpsilon = "attention.layer_norm_rms_epsilon",
        ExpertCount = "expert_count", ExpertUsedCount = "expert_used_count", ExpertLength = "expert_feed_forward_length",
        SharedCount = "expert_shared_count", LeadingDense = "leading_dense_block_count", WeightsScale = "expert_weights_scale",
        WeightsNorm = "expert_weights_norm", GatingFunction = "expert_gating_func", VocabularySize = "vocab_size",
        SharedLength = "expert_shared_feed_forward_length", GroupCount = "expert_group_count", GroupUsedCount = "expert_group_used_count",
        LatentRank = "attention.kv_lora_rank", QueryRank = "attention.q_lora_rank", KeyLengthLatent = "attention.key_length_mla",
        ValueLengthLatent = "attention.value_length_mla", SlidingWindow = "attention.sliding_window";

    /// <summary>All keys of the file.</summary>
    public GgufMetadata Metadata => metadata;

    /// <summary>Whether keys are written, so that there are no tensors to look at.</summary>
    public bool Writing => tensors is null;

    /// <summary>The full name of a key.</summary>
    public string Full(string key) => $"{architecture}.{key}";

    /// <summary>A whole number that all layers share; an array must hold it once for each.</summary>
    public int Int(string key, int min = 0) => IntOrNull(key, min) ?? metadata.Int(Full(key), min);

    /// <inheritdoc cref="Int"/>
    public int? IntOrNull(string key, int min = 0)
    {
        var values = metadata.Ints(Full(key), min);
        if (values.Count == 0) return null;
        if (values.Any(v => v != values[0])) throw Bad(key, "differs between layers, which is not supported");
        return values[0];
    }

    /// <summary>Number of layers; each has tensors, so that a damaged number does not ask for memory.</summary>
    public int Layers()
    {
        var layers = Int(BlockCount, min: 1);
        return tensors is null || layers <= tensors.Tensors.Count
            ? layers : throw Bad(BlockCount, $"is {layers}, but the file has {tensors.Tensors.Count} tensors in all");
    }

    /// <summary>Number of routed experts, 0 for none; a router has a row for each.</summary>
    public int Experts()
    {
        var experts = IntOrNull(ExpertCount) ?? 0;
        if (experts == 0 || tensors is null) return experts;
        return tensors.Tensors.Any(t => t.Name.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal) && t.Shape[0] == experts)
            ? experts : throw Bad(ExpertCount, $"is {experts}, but no router (ffn_gate_inp.weight) has so many rows");
    }

    /// <summary>A width that is a number of parts times the width of a part.</summary>
    public int Product(string key, int parts, int width) => (long)parts * width <= int.MaxValue
        ? parts * width : throw Bad(key, FormattableString.Invariant($"is {parts}, which times {width} is larger than any model"));

    /// <summary>Refuses a number other than the one that has no effect.</summary>
    public void Only(string key, double neutral)
    {
        if (metadata.NumberOrNull(Full(key)) is { } value && value != neutral) throw Bad(key, FormattableString.Invariant($"is {value}, which is not supported"));
    }

    /// <summary>Whether the file has a tensor of that name.</summary>
    public bool HasTensor(string name) => tensors?.Find(name) is not null;

    /// <summary>Dimensions of a tensor, outermost first; empty when it is absent.</summary>
    public ReadOnlySpan<long> ShapeOf(string name) => tensors?.Find(name) is { } tensor ? tensor.Shape : [];

    /// <summary>Writes a whole number as UInt32.</summary>
    public void Set(string key, int value) => metadata.Set(Full(key), GgufValue.Of((uint)value));

    /// <summary>Writes a number as Float32.</summary>
    public void Set(string key, float value) => metadata.Set(Full(key), GgufValue.Of(value));

    /// <summary>Writes a flag.</summary>
    public void Set(string key, bool value) => metadata.Set(Full(key), GgufValue.Of(value));

    /// <summary>A complaint about a key of the architecture.</summary>
    public BadModelException Bad(string key, string what) => metadata.Bad(Full(key), what);

    /// <summary>Heads and their width, the same in all layers. Biases are seen from the tensors.</summary>
    public AttentionSpec ReadAttention()
    {
        int width = Int(EmbeddingLength, min: 1), heads = Int(HeadCount, min: 1), shared = IntOrNull(KeyValueHeadCount, min: 1) ?? heads;
        if (heads % shared != 0) throw Bad(KeyValueHeadCount, $"is {shared}, which does not divide {HeadCount} ({heads})");
        var length = IntOrNull(KeyLength, min: 2)
            ?? (width % heads == 0 ? width / heads : throw Bad(HeadCount, $"is {heads}, which does not divide {EmbeddingLength} ({width}), and there is no {KeyLength}"));
        if (length % 2 != 0) throw Bad(KeyLength, $"is {length}; the rotary embedding needs an even width");
        if (IntOrNull(ValueLength) is { } value && value != length) throw Bad(ValueLength, $"is {value}, unlike {KeyLength} ({length}), which is not supported");
        if (IntOrNull(RopeDimensions) is { } rotated && rotated != length)
            throw Bad(RopeDimensions, $"is {rotated} of {length}; rotating a part of a head is not supported");
        return new AttentionSpec(heads, shared, length,
            !HasTensor("blk.0.attn_q.bias") ? AttentionBias.None
            : HasTensor("blk.0.attn_output.bias") ? AttentionBias.All : AttentionBias.QueryKeyValue);
    }

    /// <summary>Writes what <see cref="ReadAttention"/> reads.</summary>
    public void WriteAttention(AttentionSpec attention)
    {
        Set(HeadCount, attention.QueryHeads);
        Set(KeyValueHeadCount, attention.KeyValueHeads);
        Set(KeyLength, attention.HeadDim);
        Set(ValueLength, attention.HeadDim);
        Set(RopeDimensions, attention.HeadDim);
    }
}

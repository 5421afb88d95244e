namespace Moesaic.Models.Gguf;

/// <summary>
/// Which tensors a GGUF file of a shape holds, in the order of the layers. Experts of one width are packed; others have a
/// tensor each, which no architecture's keys can say.
/// </summary>
static class GgufTensors
{
    /// <summary>All tensors but <see cref="GgufRope.Tensor"/>.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="architecture">Decides the order of rotary pairs and a few names.</param>
    public static IEnumerable<GgufTensor> Of(ModelSpec spec, IGgufArchitecture architecture)
    {
        yield return Matrix("token_embd.weight", "model.embed_tokens.weight", spec.VocabularySize, spec.Width, ParameterRole.Embeddings);
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            string block = FormattableString.Invariant($"blk.{l}."), layer = FormattableString.Invariant($"model.layers.{l}.");
            yield return Vector($"{block}attn_norm.weight", $"{layer}input_layernorm.weight", spec.Width, ParameterRole.Norms);
            foreach (var tensor in Attention(block, $"{layer}self_attn.", spec.Layers[l].Attention, spec.Width, architecture.NeighbouringPairs)) yield return tensor;
            yield return Vector($"{block}{architecture.FeedForwardNorm}.weight", $"{layer}post_attention_layernorm.weight", spec.Width, ParameterRole.Norms);
            foreach (var tensor in FeedForward(block, $"{layer}mlp.", spec.Layers[l].FeedForward, spec.Width)) yield return tensor;
        }
        yield return Vector("output_norm.weight", "model.norm.weight", spec.Width, ParameterRole.Norms);
        if (!spec.TiedEmbeddings) yield return Matrix("output.weight", "lm_head.weight", spec.VocabularySize, spec.Width, ParameterRole.Head);
    }

    static IEnumerable<GgufTensor> Attention(string block, string layer, AttentionSpec attention, int width, bool neighbouringPairs)
    {
        if (attention.Latent is not null) return LatentAttention(block, layer, attention, attention.Latent, width);
        int queries = attention.QueryHeads * attention.HeadDim, keys = attention.KeyValueHeads * attention.HeadDim;
        var headDim = neighbouringPairs ? attention.HeadDim : 0;
        return
        [
            .. Projection("q", "q", queries, width, headDim), .. Norm("q", queries),
            .. Projection("k", "k", keys, width, headDim), .. Norm("k", keys),
            .. Projection("v", "v", keys, width, 0), .. Projection("output", "o", width, queries, 0),
            .. attention.Sinks ? [Vector($"{block}attn_sinks.weight", $"{layer}sinks", attention.QueryHeads, ParameterRole.Attention)] : Array.Empty<GgufTensor>(),
        ];

        // A bias has as many elements as the projection rows: a column of one element each, in the same order.
        GgufTensor[] Projection(string stored, string ours, int rows, int columns, int headDim) =>
        [
            Matrix($"{block}attn_{stored}.weight", $"{layer}{ours}_proj.weight", rows, columns, ParameterRole.Attention) with { HeadDim = headDim },
            .. attention.Bias == AttentionBias.All || (attention.Bias == AttentionBias.QueryKeyValue && ours != "o")
                ? [Vector($"{block}attn_{stored}.bias", $"{layer}{ours}_proj.bias", rows, ParameterRole.Attention) with { HeadDim = headDim }]
                : Array.Empty<GgufTensor>(),
        ];
        GgufTensor[] Norm(string name, int all) => attention.Norm == HeadNorm.None ? []
            : [Vector($"{block}attn_{name}_norm.weight", $"{layer}{name}_norm.weight",
                attention.Norm == HeadNorm.Head ? attention.HeadDim : all, ParameterRole.Norms)];
    }

    static IEnumerable<GgufTensor> LatentAttention(string block, string layer, AttentionSpec attention, LatentSpec latent, int width)
    {
        int heads = attention.QueryHeads, queries = heads * attention.HeadDim;
        if (latent.QueryRank == 0) yield return Matrix($"{block}attn_q.weight", $"{layer}q_proj.weight", queries, width, ParameterRole.Attention);
        else
        {
            yield return Matrix($"{block}attn_q_a.weight", $"{layer}q_a_proj.weight", latent.QueryRank, width, ParameterRole.Attention);
            yield return Vector($"{block}attn_q_a_norm.weight", $"{layer}q_a_layernorm.weight", latent.QueryRank, ParameterRole.Norms);
            yield return Matrix($"{block}attn_q_b.weight", $"{layer}q_b_proj.weight", queries, latent.QueryRank, ParameterRole.Attention);
        }
        yield return Matrix($"{block}attn_kv_a_mqa.weight", $"{layer}kv_a_proj_with_mqa.weight", latent.Rank + latent.RotaryDim, width,
            ParameterRole.Attention);
        yield return Vector($"{block}attn_kv_a_norm.weight", $"{layer}kv_a_layernorm.weight", latent.Rank, ParameterRole.Norms);
        yield return Matrix($"{block}attn_kv_b.weight", $"{layer}kv_b_proj.weight",
            heads * (attention.HeadDim - latent.RotaryDim + latent.ValueDim), latent.Rank, ParameterRole.Attention);
        yield return Matrix($"{block}attn_output.weight", $"{layer}o_proj.weight", width, heads * latent.ValueDim, ParameterRole.Attention);
    }

    static IEnumerable<GgufTensor> FeedForward(string block, string layer, FeedForwardSpec feedForward, int width)
    {
        switch (feedForward)
        {
            case DenseSpec dense:
                return Triple($"{block}ffn_", "", [layer], dense.Width, width, ParameterRole.FeedForward);
            case MixtureSpec mixture:
                return Mixture($"{block}ffn_", block, layer, mixture, width);
            default:
                throw new ArgumentException($"unknown feed-forward {feedForward}", nameof(feedForward));
        }
    }

    static IEnumerable<GgufTensor> Mixture(string stored, string block, string layer, MixtureSpec mixture, int width)
    {
        var count = mixture.Router.Experts;
        var experts = Enumerable.Range(0, count).Select(e => FormattableString.Invariant($"{layer}experts.{e}.")).ToArray();
        yield return Matrix($"{stored}gate_inp.weight", $"{layer}gate.weight", count, width, ParameterRole.Router)
            with { Kind = GgufTensorKind.Router };
        if (mixture.Router.Bias) yield return Vector($"{stored}gate_inp.bias", $"{layer}gate.bias", count, ParameterRole.Router);
        if (mixture.Router.SelectionBias)
            yield return Vector($"{block}exp_probs_b.bias", $"{layer}gate.e_score_correction_bias", count, ParameterRole.SelectionBias);
        if (mixture.UniformWidth is { } inner)
            foreach (var tensor in Triple(stored, "_exps", experts, inner, width, ParameterRole.Experts))
                yield return tensor with { Kind = GgufTensorKind.Experts };
        else
            for (var e = 0; e < count; e++)
                foreach (var tensor in Triple(stored, FormattableString.Invariant($".{e}"), [experts[e]],
                    mixture.ExpertWidths[e], width, ParameterRole.Experts)) yield return tensor;
        if (mixture.ExpertBias)
            foreach (var tensor in Biases(stored, experts, mixture, width)) yield return tensor;
        if (mixture.SharedWidth == 0) yield break;
        foreach (var tensor in Triple(stored, "_shexp", [$"{layer}shared_experts."], mixture.SharedWidth, width, ParameterRole.SharedExperts))
            yield return tensor;
        if (mixture.SharedGate == SharedGate.Sigmoid)
            yield return Matrix($"{stored}gate_inp_shexp.weight", $"{layer}shared_expert_gate.weight", 1, width, ParameterRole.SharedExperts)
                with { Kind = GgufTensorKind.Row };
    }

    static IEnumerable<GgufTensor> Biases(string stored, string[] experts, MixtureSpec mixture, int width)
    {
        foreach (var name in new[] { "gate", "up", "down" })
        {
            string[] ours = [.. experts.Select(e => $"{e}{name}_proj.bias")];
            if (mixture.UniformWidth is { } inner)
                yield return new GgufTensor($"{stored}{name}_exps.bias", ours, 1, name == "down" ? width : inner, ParameterRole.Experts,
                    GgufTensorKind.ExpertVectors);
            else
                for (var e = 0; e < ours.Length; e++)
                    yield return Vector(FormattableString.Invariant($"{stored}{name}.{e}.bias"), ours[e],
                        name == "down" ? width : mixture.ExpertWidths[e], ParameterRole.Experts);
        }
    }

    static IEnumerable<GgufTensor> Triple(string stored, string suffix, string[] ours, int inner, int width, ParameterRole role)
    {
        foreach (var (name, rows, columns) in new[] { ("gate", inner, width), ("up", inner, width), ("down", width, inner) })
            yield return new GgufTensor($"{stored}{name}{suffix}.weight", [.. ours.Select(o => $"{o}{name}_proj.weight")],
                rows, columns, role, GgufTensorKind.Matrix);
    }

    static GgufTensor Matrix(string name, string parameter, int rows, int columns, ParameterRole role) =>
        new(name, [parameter], rows, columns, role, GgufTensorKind.Matrix);

    static GgufTensor Vector(string name, string parameter, int count, ParameterRole role) =>
        new(name, [parameter], 1, count, role, GgufTensorKind.Vector);
}

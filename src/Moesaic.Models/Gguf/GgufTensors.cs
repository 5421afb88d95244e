namespace Moesaic.Models.Gguf;

/// <summary>
/// Which tensors a GGUF file of a shape holds, in the order of the layers. Experts of one width are packed; others have a
/// tensor each, which no architecture's keys can say.
/// </summary>
static class GgufTensors
{
    /// <summary>All tensors but <see cref="GgufRope.Tensor"/>.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="neighbouringPairs">See <see cref="IGgufArchitecture.NeighbouringPairs"/>.</param>
    public static IEnumerable<GgufTensor> Of(ModelSpec spec, bool neighbouringPairs)
    {
        yield return Matrix("token_embd.weight", "model.embed_tokens.weight", spec.VocabularySize, spec.Width);
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            string block = FormattableString.Invariant($"blk.{l}."), layer = FormattableString.Invariant($"model.layers.{l}.");
            yield return Vector($"{block}attn_norm.weight", $"{layer}input_layernorm.weight", spec.Width);
            foreach (var tensor in Attention(block, $"{layer}self_attn.", spec.Layers[l].Attention, spec.Width, neighbouringPairs)) yield return tensor;
            yield return Vector($"{block}ffn_norm.weight", $"{layer}post_attention_layernorm.weight", spec.Width);
            foreach (var tensor in FeedForward(block, $"{layer}mlp.", spec.Layers[l].FeedForward, spec.Width)) yield return tensor;
        }
        yield return Vector("output_norm.weight", "model.norm.weight", spec.Width);
        if (!spec.TiedEmbeddings) yield return Matrix("output.weight", "lm_head.weight", spec.VocabularySize, spec.Width);
    }

    static IEnumerable<GgufTensor> Attention(string block, string layer, AttentionSpec attention, int width, bool neighbouringPairs)
    {
        int queries = attention.QueryHeads * attention.HeadDim, keys = attention.KeyValueHeads * attention.HeadDim;
        foreach (var (stored, ours, rows, columns, rotated) in new[]
        {
            ("q", "q", queries, width, true), ("k", "k", keys, width, true), ("v", "v", keys, width, false),
            ("output", "o", width, queries, false),
        })
        {
            var headDim = rotated && neighbouringPairs ? attention.HeadDim : 0;
            yield return Matrix($"{block}attn_{stored}.weight", $"{layer}{ours}_proj.weight", rows, columns) with { HeadDim = headDim };
            // A bias has as many elements as the projection rows: a column of one element each, in the same order.
            if (attention.Bias) yield return Vector($"{block}attn_{stored}.bias", $"{layer}{ours}_proj.bias", rows) with { HeadDim = headDim };
        }
    }

    static IEnumerable<GgufTensor> FeedForward(string block, string layer, FeedForwardSpec feedForward, int width)
    {
        switch (feedForward)
        {
            case DenseSpec dense:
                return Triple($"{block}ffn_", "", [layer], dense.Width, width);
            case MixtureSpec mixture:
                var experts = Enumerable.Range(0, mixture.Router.Experts).Select(e => FormattableString.Invariant($"{layer}experts.{e}.")).ToArray();
                return
                [
                    Matrix($"{block}ffn_gate_inp.weight", $"{layer}gate.weight", experts.Length, width) with { Kind = GgufTensorKind.Router },
                    .. mixture.UniformWidth is { } inner
                        ? Triple($"{block}ffn_", "_exps", experts, inner, width).Select(t => t with { Kind = GgufTensorKind.Experts })
                        : experts.SelectMany((expert, e) => Triple($"{block}ffn_", FormattableString.Invariant($".{e}"), [expert], mixture.ExpertWidths[e], width)),
                    .. mixture.SharedWidth == 0 ? [] : Triple($"{block}ffn_", "_shexp", [$"{layer}shared_experts."], mixture.SharedWidth, width),
                ];
            default:
                throw new ArgumentException($"unknown feed-forward {feedForward}", nameof(feedForward));
        }
    }

    static IEnumerable<GgufTensor> Triple(string stored, string suffix, string[] ours, int inner, int width)
    {
        foreach (var (name, rows, columns) in new[] { ("gate", inner, width), ("up", inner, width), ("down", width, inner) })
            yield return new GgufTensor($"{stored}{name}{suffix}.weight", [.. ours.Select(o => $"{o}{name}_proj.weight")], rows, columns, GgufTensorKind.Matrix);
    }

    static GgufTensor Matrix(string name, string parameter, int rows, int columns) => new(name, [parameter], rows, columns, GgufTensorKind.Matrix);

    static GgufTensor Vector(string name, string parameter, int count) => new(name, [parameter], 1, count, GgufTensorKind.Vector);
}

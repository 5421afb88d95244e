using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>
/// Groups of heads as experts, see <see cref="AttentionExpertsSpec"/>: router and dispatch are those of a mixture of
/// feed-forwards, the experts' rows pass through attention between two grouped products.
/// </summary>
public sealed class ExpertAttention : AttentionLayer
{
    readonly int layer, headDim;
    readonly float epsilon;
    readonly RotaryTable rotary;
    readonly WeightMatrix[] q, o, k, v;     // of k and v one for all experts, unless keys are routed
    readonly Tensor? qNorm, kNorm;
    readonly AttentionShape shape;          // of one expert

    internal ExpertAttention(int layer, ModelSpec model, AttentionSpec spec, RotaryTable rotary, ParameterFactory make) : base(spec)
    {
        var prefix = $"model.layers.{layer}.self_attn";
        Experts = spec.Experts!;
        Experts.Validate(spec, $"layer {layer}");
        (this.layer, headDim, epsilon, this.rotary) = (layer, spec.HeadDim, model.NormEpsilon, rotary);
        int experts = Experts.Router.Experts, heads = spec.QueryHeads / experts, width = heads * headDim;
        shape = new AttentionShape(heads, Experts.Keys == ExpertKeys.Shared ? spec.KeyValueHeads : 1, headDim, spec.ScoreFactor / MathF.Sqrt(headDim), spec.Window);
        // Noise of its own beside that of the feed-forward.
        Router = RouterFactory.Make(Experts.Router, $"{prefix}.gate", -1 - layer, model.Width, make);
        q = Each("q_proj", width, model.Width);
        (k, v) = (OfKeys("k_proj"), OfKeys("v_proj"));
        o = Each("o_proj", model.Width, width);
        (qNorm, kNorm) = (Norm("q_norm"), Norm("k_norm"));

        WeightMatrix[] Each(string name, int rows, int columns) => [.. Enumerable.Range(0, experts).Select(e =>
            make.Matrix($"{prefix}.experts.{e}.{name}.weight", ParameterRole.Attention, rows, columns))];
        WeightMatrix[] OfKeys(string name) => Experts.Keys == ExpertKeys.Routed ? Each(name, headDim, model.Width)
            : [make.Matrix($"{prefix}.{name}.weight", ParameterRole.Attention, spec.KeyValueHeads * headDim, model.Width)];
        Tensor? Norm(string name) => spec.Norm == HeadNorm.None ? null
            : make.Vector($"{prefix}.{name}.weight", ParameterRole.Norms, headDim);
    }

    /// <summary>The experts' shape.</summary>
    public AttentionExpertsSpec Experts { get; }

    /// <summary>Who is chosen.</summary>
    public Router Router { get; }

    /// <summary>Per expert [heads·headDim, D].</summary>
    public IReadOnlyList<WeightMatrix> Queries => q;

    /// <summary>Per expert [headDim, D] where keys are routed, else one for all.</summary>
    public IReadOnlyList<WeightMatrix> Keys => k;

    /// <summary>As <see cref="Keys"/>.</summary>
    public IReadOnlyList<WeightMatrix> Values => v;

    /// <summary>Per expert [D, heads·headDim].</summary>
    public IReadOnlyList<WeightMatrix> Outputs => o;

    /// <summary>The matrices of which a token uses those of its experts, expert after expert of each kind.</summary>
    public IEnumerable<WeightMatrix> RoutedMatrices => Experts.Keys == ExpertKeys.Routed ? [.. q, .. k, .. v, .. o] : [.. q, .. o];

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        Follow(workspace, x, input, Router.Route(workspace, x, input, statistics, input.AttentionAnneal));

    /// <summary>The attention for given decisions, [T, D]: zeros for a token that no expert gets.</summary>
    internal Tensor Follow(Workspace workspace, Tensor x, PassInput input, in Routing routing)
    {
        var dispatch = Dispatch.Sort(workspace, routing.Chosen.Span, routing.Weights.Columns, Experts.Router.Experts);
        return workspace.CombineRows(OfChosen(workspace, x, input, dispatch), dispatch.Slots, routing.Weights);
    }

    /// <summary>What each expert would add to each token if all had all tokens: the parts of grouped-query attention.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], normed.</param>
    /// <param name="input">Positions, segments.</param>
    /// <returns>[E·T, D], expert after expert.</returns>
    public Tensor OfAll(Workspace workspace, Tensor x, PassInput input)
    {
        var experts = Experts.Router.Experts;
        var chosen = workspace.RentIndices(x.Rows * experts).AsSpan(0, x.Rows * experts);
        for (var slot = 0; slot < chosen.Length; slot++) chosen[slot] = slot % experts;
        return OfChosen(workspace, x, input, Dispatch.Sort(workspace, chosen, experts, experts));
    }

    Tensor OfChosen(Workspace workspace, Tensor x, PassInput input, in Dispatch dispatch)
    {
        var rows = workspace.GatherRows(x, dispatch.Tokens);
        var queries = Rotate(workspace, workspace.GroupedLinear(rows, dispatch.Offsets, q), qNorm, input, dispatch.Tokens);
        var mixed = Experts.Keys switch
        {
            ExpertKeys.All => OverAll(workspace, x, queries, dispatch, input),
            ExpertKeys.Shared => OverShared(workspace, x, queries, dispatch, input),
            _ => OverRouted(workspace, x, rows, queries, dispatch, input),
        };
        return workspace.GroupedLinear(mixed, dispatch.Offsets, o);
    }

    // The keys and values of all tokens, written to the cache where there is one.
    (Tensor Keys, Tensor Values) KeysOfAll(Workspace workspace, Tensor x, PassInput input)
    {
        var (keys, values) = workspace.Linear(x, k[0], v[0]);
        if (kNorm is not null) keys = workspace.RmsNorm(keys, kNorm, epsilon);
        var (cos, sin) = rotary.Angles;
        workspace.RotateInPlace(keys, headDim, input.Positions, cos, sin);
        if (Cache(workspace, input) is not { } cache) return (keys, values);
        ref readonly var pages = ref cache.Layer(layer);
        var rows = input.CacheRows.Span;
        for (var t = 0; t < rows.Length; t++) pages.Write(rows[t], keys.Row(t), values.Row(t));
        return (keys, values);
    }

    Tensor OverAll(Workspace workspace, Tensor x, Tensor queries, in Dispatch dispatch, PassInput input)
    {
        var (keys, values) = KeysOfAll(workspace, x, input);
        var experts = Experts.Router.Experts;
        if (input.Cache is { } cache)
            return workspace.Attention(shape, ExpertSegments.Runs(workspace, dispatch, experts, input), queries, cache.Layer(layer), input.PageTable);
        // Every query in its token's row: what no token chose is computed and left.
        var places = workspace.RentIndices(queries.Rows);
        for (var e = 0; e < experts; e++)
            for (var r = dispatch.Offsets[e]; r < dispatch.Offsets[e + 1]; r++) places[r] = (dispatch.Tokens.Span[r] * experts) + e;
        var index = places.AsMemory(0, queries.Rows);
        var all = workspace.SpreadRows(queries, index, x.Rows, experts);
        var mixed = workspace.Attention(shape with { QueryHeads = Spec.QueryHeads, KeyValueHeads = experts }, input.Segments, all, keys, values);
        return workspace.CollectRows(mixed, index, experts);
    }

    // A token's j-th choice is a row of the j-th copy of the sequences, and all copies see the same keys.
    Tensor OverShared(Workspace workspace, Tensor x, Tensor queries, in Dispatch dispatch, PassInput input)
    {
        var (keys, values) = KeysOfAll(workspace, x, input);
        int tokens = x.Rows, copies = dispatch.Slots.Length / tokens;
        var places = workspace.RentIndices(queries.Rows);
        var slots = dispatch.Slots.Span;
        for (var slot = 0; slot < slots.Length; slot++)
            if (slots[slot] >= 0) places[slots[slot]] = (slot % copies * tokens) + (slot / copies);
        var index = places.AsMemory(0, queries.Rows);
        var all = workspace.SpreadRows(queries, index, copies * tokens, parts: 1);
        var segments = ExpertSegments.Copies(workspace, copies, tokens, input);
        var mixed = input.Cache is { } cache ? workspace.Attention(shape, segments, all, cache.Layer(layer), input.PageTable)
            : workspace.Attention(shape, segments, all, keys, values);
        return workspace.CollectRows(mixed, index, parts: 1);
    }

    Tensor OverRouted(Workspace workspace, Tensor x, Tensor rows, Tensor queries, in Dispatch dispatch, PassInput input)
    {
        var experts = Experts.Router.Experts;
        var plan = ExpertKeyRows.Of(workspace, dispatch, experts, Experts.KeepFirst, input);
        if (Experts.KeepFirst) rows = workspace.GatherRows(x, plan.Tokens);
        var (keys, values) = workspace.GroupedLinear(rows, plan.Offsets, k, v);
        keys = Rotate(workspace, keys, kNorm, input, plan.Tokens);
        if (Cache(workspace, input) is not { } cache)
        {
            var (segments, tiles) = ExpertSegments.Packed(workspace, dispatch, plan, experts, input);
            return workspace.Attention(shape, segments, queries, keys, values, tiles);
        }
        RoutedPages.Write(cache, layer, plan, experts, input, keys, values);
        var (cached, counts) = RoutedPages.Segments(workspace, cache, layer, dispatch, experts, input);
        return workspace.Attention(shape, cached, queries, cache.Layer(layer), input.PageTable, counts);
    }

    Tensor Rotate(Workspace workspace, Tensor heads, Tensor? norm, PassInput input, ReadOnlyMemory<int> tokens)
    {
        if (norm is not null) heads = workspace.RmsNorm(heads, norm, epsilon);
        var positions = workspace.RentIndices(tokens.Length);
        for (var r = 0; r < tokens.Length; r++) positions[r] = input.Positions.Span[tokens.Span[r]];
        var (cos, sin) = rotary.Angles;
        workspace.RotateInPlace(heads, headDim, positions.AsMemory(0, tokens.Length), cos, sin);
        return heads;
    }
}

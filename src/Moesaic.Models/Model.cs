using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>A decoder: embedding, layers, norm, head. The same code trains and generates.</summary>
public sealed class Model : IDisposable
{
    readonly WeightMatrix embedding, head;
    readonly Tensor norm;
    readonly RotaryTable[] rotaries;

    /// <summary>Makes a model of the given shape with all parameters zero.</summary>
    /// <param name="spec">The shape.</param>
    public Model(ModelSpec spec) : this(spec, (_, _, rows, columns) => new Tensor(rows, columns))
    {
    }

    /// <summary>Makes a model of the given shape with matrices from outside; vectors (norms, biases) are zero.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="matrices">Asked once for each matrix, in the order of the layers. What it throws passes through; the matrices
    /// that were given before are then disposed.</param>
    public Model(ModelSpec spec, MatrixSource matrices)
    {
        Spec = spec;
        var make = new ParameterFactory(matrices);
        try
        {
            embedding = make.Matrix("model.embed_tokens.weight", ParameterRole.Embeddings, spec.VocabularySize, spec.Width);
            var tables = new Dictionary<int, RotaryTable>();
            Blocks = [.. spec.Layers.Select((layer, l) =>
            {
                var width = layer.Attention.RotaryDim;
                if (!tables.TryGetValue(width, out var table)) tables[width] = table = new RotaryTable(spec.Rope, width);
                return new Block(l, spec, table, make);
            })];
            rotaries = [.. tables.Values];
            norm = make.Vector("model.norm.weight", ParameterRole.Norms, spec.Width);
            head = spec.TiedEmbeddings
                ? embedding : make.Matrix("lm_head.weight", ParameterRole.Head, spec.VocabularySize, spec.Width);
        }
        catch
        {
            foreach (var parameter in make.Parameters) parameter.Matrix.Dispose();
            throw;
        }
        Parameters = make.Parameters;
    }

    /// <summary>The shape.</summary>
    public ModelSpec Spec { get; }

    /// <summary>The layers.</summary>
    public IReadOnlyList<Block> Blocks { get; }

    /// <summary>All parameters, in the order of the layers.</summary>
    public IReadOnlyList<ModelParameter> Parameters { get; }

    /// <summary>[V, D]: the vocabulary projection, with tied embeddings the embedding table.</summary>
    public WeightMatrix Head => head;

    /// <summary>The mixture layers, in order.</summary>
    public IEnumerable<MixtureFeedForward> Mixtures => Blocks.Select(b => b.FeedForward).OfType<MixtureFeedForward>();

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name] =>
        Parameters.FirstOrDefault(p => p.Name == name)?.Value ?? throw new KeyNotFoundException($"no parameter named {name}");

    /// <summary>Tokens to hidden states after the last norm.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="input">Tokens, positions, segments.</param>
    /// <returns>[T, D].</returns>
    public Tensor Hidden(Workspace workspace, PassInput input)
    {
        var x = Embed(workspace, input);
        int mixture = 0, routed = 0;
        for (var l = 0; l < Blocks.Count; l++)
        {
            var statistics = Blocks[l].FeedForward is MixtureFeedForward ? input.Statistics?[mixture++] : null;
            var attention = Blocks[l].Attention is ExpertAttention ? input.AttentionStatistics?[routed++] : null;
            x = input.Recompute ? Recomputed(workspace, Blocks[l], x, input, statistics, attention)
                : Blocks[l].Forward(workspace, x, input, statistics, attention);
        }
        return workspace.RmsNorm(x, norm, Spec.NormEpsilon);
    }

    // What a router decides is counted once.
    static Tensor Recomputed(Workspace workspace, Block block, Tensor x, PassInput input, RoutingStatistics? statistics, RoutingStatistics? attention) =>
        workspace.Recompute(x, (x, again) => block.Forward(workspace, x, input, again ? null : statistics, again ? null : attention));

    /// <summary>Tokens to the input of the first layer, [T, D]; checks ids and prepares positions.</summary>
    /// <exception cref="ArgumentException">A token id lies outside the vocabulary.</exception>
    public Tensor Embed(Workspace workspace, PassInput input)
    {
        foreach (var id in input.Tokens.Span)
            if ((uint)id >= (uint)Spec.VocabularySize)
                throw new ArgumentException($"token id {id} lies outside the vocabulary of {Spec.VocabularySize}", nameof(input));
        var last = -1;
        foreach (var position in input.Positions.Span) last = Math.Max(last, position);
        EnsurePositions(last + 1);
        return workspace.Embed(embedding, input.Tokens);
    }

    /// <summary>Makes the rotary tables long enough for <paramref name="positions"/> positions now, instead of on demand.</summary>
    public void EnsurePositions(int positions)
    {
        foreach (var rotary in rotaries) rotary.Ensure(positions);
    }

    /// <summary>Hidden states to logits.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="hidden">[T, D].</param>
    /// <returns>[T, V].</returns>
    public Tensor Logits(Workspace workspace, Tensor hidden) => workspace.Linear(hidden, head);

    /// <summary>One collector per layer with attention experts, for <see cref="PassInput.AttentionStatistics"/>.</summary>
    public RoutingStatistics[] NewAttentionStatistics() =>
        [.. Spec.AttentionExpertLayers.Select(l => new RoutingStatistics(Spec.Layers[l].Attention.Experts!.Router.Experts))];

    /// <summary>One collector per mixture layer, for <see cref="PassInput.Statistics"/>.</summary>
    public RoutingStatistics[] NewStatistics() => [.. Mixtures.Select(m => new RoutingStatistics(m.Router.Spec.Experts))];

    /// <summary>Frees all parameters.</summary>
    public void Dispose()
    {
        foreach (var parameter in Parameters) parameter.Matrix.Dispose();
    }
}

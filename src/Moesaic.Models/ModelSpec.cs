using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>
/// The full shape of a model. Every layer may differ. What the shape decides is explicit here and never inferred from an
/// architecture's name.
/// </summary>
public sealed record ModelSpec
{
    /// <summary>Size of the vocabulary, V: rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Model width, D.</summary>
    public required int Width { get; init; }

    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>ε of the RMS norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Rotary position embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>Whether the head is the embedding table itself.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>The layers, first to last.</summary>
    public required IReadOnlyList<LayerSpec> Layers { get; init; }

    /// <summary>Start-of-text id as config.json has it, or null.</summary>
    public int? BosId { get; init; }

    /// <summary>End-of-text ids as config.json has them; empty when it has none.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Padding id as config.json has it, or null.</summary>
    public int? PadId { get; init; }

    /// <summary>
    /// Names of the tasks that routers with <see cref="RouterKey.Task"/> decide by, in the order of their numbers; empty when no router does.
    /// </summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>The layers whose feed-forward is a mixture of experts.</summary>
    public IEnumerable<int> MixtureLayers =>
        Enumerable.Range(0, Layers.Count).Where(l => Layers[l].FeedForward is MixtureSpec);

    /// <summary>The mixture of a layer of <see cref="MixtureLayers"/>.</summary>
    /// <param name="layer">Its number.</param>
    /// <exception cref="InvalidCastException">The layer's feed-forward is no mixture.</exception>
    public MixtureSpec Mixture(int layer) => (MixtureSpec)Layers[layer].FeedForward;

    /// <summary>The layers whose attention is made of experts.</summary>
    public IEnumerable<int> AttentionExpertLayers =>
        Enumerable.Range(0, Layers.Count).Where(l => Layers[l].Attention.Experts is not null);

    /// <summary>All routers with the numbers of their layers; of a layer that of the attention first.</summary>
    public IEnumerable<(int Layer, RouterSpec Router)> Routers
    {
        get
        {
            for (var l = 0; l < Layers.Count; l++)
            {
                if (Layers[l].Attention.Experts is { } heads) yield return (l, heads.Router);
                if (Layers[l].FeedForward is MixtureSpec mixture) yield return (l, mixture.Router);
            }
        }
    }
}

/// <summary>One layer: attention, then feed-forward, each after an RMS norm and added to the residual stream.</summary>
/// <param name="Attention">Heads.</param>
/// <param name="FeedForward">Dense, a mixture or absent.</param>
public sealed record LayerSpec(AttentionSpec Attention, FeedForwardSpec FeedForward);

/// <summary>A layer's feed-forward.</summary>
public abstract record FeedForwardSpec;

/// <summary>A feed-forward of width F.</summary>
/// <param name="Width">Inner width, F.</param>
public sealed record DenseSpec(int Width) : FeedForwardSpec
{
    /// <summary>Between the projections. Default: SwiGLU.</summary>
    public Activation Activation { get; init; }
}

/// <summary>No feed-forward and no norm before it: what attention gives is the layer's output (Layer Drop, He et al. 2024).</summary>
public sealed record AbsentSpec : FeedForwardSpec;

/// <summary>Routed experts, beside an optional shared one that every token uses.</summary>
/// <param name="Router">How experts are chosen and weighted.</param>
/// <param name="ExpertWidths">
/// Inner width of each routed expert; they may differ. 0: the router scores and chooses the expert, which is not there and gives nothing; the
/// weights of a token's other choices stay what they are (the preserved gate of Expert Drop, He et al. 2024).
/// </param>
/// <param name="SharedWidth">Inner width of the shared experts together; 0 for none.</param>
public sealed record MixtureSpec(RouterSpec Router, IReadOnlyList<int> ExpertWidths, int SharedWidth = 0) : FeedForwardSpec
{
    /// <summary>Between the projections of every expert, the shared one too. Default: SwiGLU.</summary>
    public Activation Activation { get; init; }

    /// <summary>How the shared expert is added. Default: with weight 1.</summary>
    public SharedGate SharedGate { get; init; }

    /// <summary>Whether each projection of a routed expert has a bias (gpt-oss). Default: no.</summary>
    public bool ExpertBias { get; init; }

    /// <summary>How routed experts cut off large values, or null for plain SwiGLU.</summary>
    public SwiGluClamp? Clamp { get; init; }

    /// <summary>The width all routed experts have, or null when they differ, as they do where some are not there.</summary>
    public int? UniformWidth => ExpertWidths.All(w => w == ExpertWidths[0]) ? ExpertWidths[0] : null;

    /// <summary>Whether some experts are not there although the router chooses them: widths of 0.</summary>
    public bool HasAbsent => ExpertWidths.Contains(0);

    /// <inheritdoc/>
    public bool Equals(MixtureSpec? other) =>
        other is not null && Router == other.Router && Activation == other.Activation && SharedWidth == other.SharedWidth && SharedGate == other.SharedGate
        && ExpertBias == other.ExpertBias && Clamp == other.Clamp
        && ExpertWidths.SequenceEqual(other.ExpertWidths);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Router, SharedWidth, ExpertWidths.Count);

    /// <summary>Checks what the parts allow together, the router's numbers too.</summary>
    /// <param name="where">For the message.</param>
    /// <exception cref="BadModelException">A part does not go with another.</exception>
    public void Validate(string where)
    {
        Router.Validate(where);
        if (Router.Experts != ExpertWidths.Count)
            throw new BadModelException($"{where}: {Router.Experts} experts in the router, but widths of {ExpertWidths.Count}");
        if (ExpertWidths.Any(w => w < 0)) throw new BadModelException($"{where}: an expert's width is {ExpertWidths.Min()}; need 0 (not there) or more");
        if (ExpertWidths.All(w => w == 0))
            throw new BadModelException($"{where}: none of the {ExpertWidths.Count} experts is there; a layer without experts has no feed-forward, or a dense one");
        if (Clamp is not null && Activation != Activation.Swiglu)
            throw new BadModelException($"{where}: large values are only cut off in SwiGLU; the activation is {Activation}");
        if (SharedGate != SharedGate.None && SharedWidth == 0)
            throw new BadModelException($"{where}: a gate of the shared experts ({SharedGate}), but their width is 0");
    }
}

/// <summary>
/// What gpt-oss makes of SwiGLU: with g = min(gate, Limit) and u = up held within ±Limit, g · σ(Slope · g) · (u + 1).
/// </summary>
/// <param name="Limit">Positive.</param>
/// <param name="Slope">Positive.</param>
public sealed record SwiGluClamp(float Limit, float Slope)
{
    /// <summary>That of the published models, 7 and 1.702.</summary>
    public static SwiGluClamp Published { get; } = new(7, 1.702f);
}

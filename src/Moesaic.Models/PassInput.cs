using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;

namespace Moesaic.Models;

/// <summary>What one pass works on: T tokens of any number of sequences. Arrays must stay unchanged until the pass ends.</summary>
public sealed class PassInput
{
    /// <summary>T token ids.</summary>
    public required ReadOnlyMemory<int> Tokens { get; set; }

    /// <summary>T positions, each within its own sequence.</summary>
    public required ReadOnlyMemory<int> Positions { get; set; }

    /// <summary>
    /// Which rows see which: query rows are rows of this pass; key rows too, or, over a <see cref="Cache"/>, the pages that
    /// <see cref="PageTable"/> names from entry <see cref="AttentionSegment.KeyStart"/> on.
    /// </summary>
    public required ReadOnlyMemory<AttentionSegment> Segments { get; set; }

    /// <summary>Keys and values of earlier passes, or null. Not while recording.</summary>
    public PagedCache? Cache { get; init; }

    /// <summary>
    /// T places in <see cref="Cache"/> to which this pass writes its keys and values: page · <see cref="PagedCache.PageTokens"/>
    /// + place in the page.
    /// </summary>
    public ReadOnlyMemory<int> CacheRows { get; set; }

    /// <summary>The pages of each sequence of the pass in the order of its tokens, sequence by sequence.</summary>
    public ReadOnlyMemory<int> PageTable { get; set; }

    /// <summary>T flags: whether a token counts in statistics and objectives (padding does not); empty when all do.</summary>
    public ReadOnlyMemory<bool> Counted { get; set; }

    /// <summary>Whether the pass belongs to training: routers then do what <see cref="RouterSpec.Training"/> says. Default: no.</summary>
    public bool Training { get; set; }

    /// <summary>T numbers of the tokens' tasks, for routers with <see cref="RouterKey.Task"/>; empty without.</summary>
    public ReadOnlyMemory<int> Tasks { get; set; }

    /// <summary>T numbers of the tokens' clusters, for routers with <see cref="RouterKey.Cluster"/>; empty without.</summary>
    public ReadOnlyMemory<int> Clusters { get; set; }

    /// <summary>
    /// For some routers E flags: the experts that nobody may choose in this pass (MoEC's dropout of experts, Xie et al. 2023). Null: none.
    /// </summary>
    public IReadOnlyDictionary<Router, ReadOnlyMemory<bool>>? DroppedExperts { get; set; }

    /// <summary>Routers' logits are divided by this, on top of <see cref="RouterSpec.Temperature"/>. Default 1.</summary>
    public float RouterTemperature { get; set; } = 1;

    /// <summary>Router objectives whose gradients join the loss while recording, or null.</summary>
    public IRouterObjective? Objectives { get; set; }

    /// <summary>
    /// Where the noise of routers with <see cref="RouterSpec.Noise"/> comes from while training, and all else that is drawn; null: no noise.
    /// </summary>
    public NoiseDraw? Noise { get; set; }

    /// <summary>Dropout within the routed experts of feed-forwards while training; null: none.</summary>
    public ExpertDropout? ExpertDropout { get; set; }

    /// <summary>Computes the experts of feed-forwards in their place, to look at what they give; null: they do. Not while recording.</summary>
    public IExpertTap? ExpertTap { get; set; }

    /// <summary>Collects what the routers decide, one per mixture layer in order, or null.</summary>
    public IReadOnlyList<RoutingStatistics>? Statistics { get; set; }

    /// <summary>Collects what the routers of attention experts decide, one per layer that has them, or null.</summary>
    public IReadOnlyList<RoutingStatistics>? AttentionStatistics { get; set; }

    /// <summary>Whether the routers of feed-forward experts choose more than their K. Default: K.</summary>
    public ChosenAnneal ExpertAnneal { get; set; }

    /// <summary>Whether the routers of attention experts choose more than their K. Default: K.</summary>
    public ChosenAnneal AttentionAnneal { get; set; }

    /// <summary>
    /// Whether a recorded pass keeps of each layer only what comes in and computes the rest again when its gradient is due: the same
    /// bits in less memory and about a third more time. Default: no.
    /// </summary>
    public bool Recompute { get; set; }

    /// <summary>What takes the place of the model's own <see cref="RouterSpec.Policy"/> of feed-forward experts; null: nothing. Not followed in training.</summary>
    public PassPolicies? Policies { get; set; }

    /// <summary>Whether the layer that runs wants <see cref="Received"/>.</summary>
    internal bool WantsReceived { get; set; }

    /// <summary>At least T values: how much attention tokens received in the layer that runs, see <see cref="Layers.ReceivedAttention"/>.</summary>
    internal float[] Received { get; set; } = [];

    /// <summary>One sequence that starts at position 0.</summary>
    /// <param name="tokens">Its tokens.</param>
    public static PassInput Sequence(int[] tokens) => new()
    {
        Tokens = tokens,
        Positions = Enumerable.Range(0, tokens.Length).ToArray(),
        Segments = new[] { new AttentionSegment(0, tokens.Length, 0, tokens.Length) },
    };
}

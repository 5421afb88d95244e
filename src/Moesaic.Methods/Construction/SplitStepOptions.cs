using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Construction;

/// <summary>Options of the step "split": dense feed-forward layers become experts without a neuron more or less.</summary>
public sealed record SplitStepOptions : IValidatableObject
{
    /// <summary>Routed experts per layer.</summary>
    [Range(1, 4096)]
    public int Experts { get; init; } = 8;

    /// <summary>Routed experts per token.</summary>
    [Range(1, 4096)]
    public int Chosen { get; init; } = 2;

    /// <summary>Shared experts per layer, which every token uses, each as wide as a routed one.</summary>
    [Range(0, 4096)]
    public int Shared { get; init; }

    /// <summary>How neurons are divided.</summary>
    public SplitMethod Method { get; init; } = SplitMethod.CoActivation;

    /// <summary>
    /// What a router starts as. Left out: representatives with activation_clusters and the score swiglu, otherwise centroids with methods that
    /// look at text and normal with the others.
    /// </summary>
    public RouterStart? Router { get; init; }

    /// <summary>How routers score experts. Left out: swiglu with activation_clusters (unless another router is asked for), otherwise linear.</summary>
    public RouterScore? Score { get; init; }

    /// <summary>What is done to the logits while training. LLaMA-MoE v1: score mlp, noise learned, router normal.</summary>
    public RouterNoise Noise { get; init; } = RouterNoise.None;

    /// <summary>Router trained: how.</summary>
    public RouterTrainingOptions RouterTraining { get; init; } = new();

    /// <summary>
    /// A split_plan.json to apply as it is, instead of a method: it brings experts, routers and scales, and all options that
    /// make a plan are left unused.
    /// </summary>
    public string? Plan { get; init; }

    /// <summary>
    /// Text for the clusters, the importance and the scale. Without a limit of its own, 65,536 tokens are drawn. Not needed
    /// with a plan, nor by random and contiguous with a scale given.
    /// </summary>
    public DataOptions? Calibration { get; init; }

    /// <summary>Text whose loss is measured before and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>Layers at the beginning that stay dense.</summary>
    [Unit("layers")]
    [Range(0, 10_000)]
    public int DenseFirst { get; init; }

    /// <summary>Layers at the end that stay dense.</summary>
    [Unit("layers")]
    [Range(0, 10_000)]
    public int DenseLast { get; init; }

    /// <summary>What happens when the experts do not divide the width.</summary>
    public PaddingRule Padding { get; init; } = PaddingRule.Refuse;

    /// <summary>
    /// What an expert's output is multiplied by before the scale. Left out: one with router representatives, otherwise renormalised, but raw with
    /// one expert per token, whose renormalised weight would always be 1 and teach the router nothing.
    /// </summary>
    public CombineWeight? Weight { get; init; }

    /// <summary>Renormalise the weight of a single expert all the same, as LLaMA-MoE v2's residual model did.</summary>
    public bool AllowUnreachableRouter { get; init; }

    /// <summary>Factor of the routed experts, the same in every layer. Left out: by scales or scale_rule.</summary>
    [Range(1e-6, 1e6)]
    public double? Scale { get; init; }

    /// <summary>Factor of the routed experts, one number for each layer that is split. Left out: by scale_rule.</summary>
    public IReadOnlyList<double>? Scales { get; init; }

    /// <summary>Where the factor of the routed experts comes from when neither scale nor scales gives it.</summary>
    public ScaleRule ScaleRule { get; init; } = ScaleRule.Fitted;

    /// <summary>What a layer reads while its scale is fitted.</summary>
    public FitInput ScaleInput { get; init; } = FitInput.Mixture;

    /// <summary>Which errors count how much while the scale is fitted.</summary>
    public FitWeight ScaleWeight { get; init; } = FitWeight.Tokens;

    /// <summary>Router centroids (of token_clusters, by default): how they become router weights.</summary>
    public CentroidForm Centroids { get; init; } = CentroidForm.Offset;

    /// <summary>
    /// Routers made of tokens or neurons: standard deviation of a token's router logits. 0 makes all experts equal; the larger, the more of the
    /// weight goes to the first choice.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double Sharpness { get; init; } = 0.3;

    /// <summary>weight_clusters: what is compared and how.</summary>
    public WeightClusterOptions Weights { get; init; } = new();

    /// <summary>co_activation: what is summed and how many ties are kept.</summary>
    public CoActivationOptions Graph { get; init; } = new();

    /// <summary>activation_clusters: who is active.</summary>
    public ActivityOptions Activity { get; init; } = new();

    /// <summary>document_clusters: what documents are compared by.</summary>
    public DocumentClusterOptions Documents { get; init; } = new();

    /// <summary>token_clusters, document_clusters: what the importance of a neuron is.</summary>
    public ImportanceOptions Importance { get; init; } = new();

    /// <summary>
    /// token_clusters, document_clusters: every routed expert takes its own most important neurons, whatever others take: some are in
    /// several experts, some in none, and the report says how many have a place (LLaMA-MoE v1: Sharing-Inner; with shared experts Sharing-Inter).
    /// </summary>
    public bool Overlap { get; init; }

    /// <summary>token_clusters, document_clusters: how far the size of a cluster may lie from the mean, as a fraction of it.</summary>
    [Range(0.0, 100.0)]
    public double ClusterSlack { get; init; } = 0.4;

    /// <summary>Tokens per layer that are clustered and that routers are made of and measured on, spread over the calibration text.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 24)]
    public int ClusterTokens { get; init; } = 16_384;

    /// <summary>token_clusters, document_clusters: how neurons are dealt out by importance.</summary>
    public AssignmentRule Assignment { get; init; } = AssignmentRule.Exact;

    /// <summary>Make the heads of attention experts too. Left out: attention stays as it is.</summary>
    public AttentionSplitOptions? Attention { get; init; }

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    internal RouterScore EffectiveScore => Score
        ?? (Method == SplitMethod.ActivationClusters && Router is (null or RouterStart.Representatives) ? RouterScore.Swiglu : RouterScore.Linear);

    internal RouterStart EffectiveRouter => Router ?? (Method == SplitMethod.ActivationClusters && EffectiveScore == RouterScore.Swiglu ? RouterStart.Representatives
        : LooksAtText ? RouterStart.Centroids : RouterStart.Normal);

    internal CombineWeight EffectiveWeight => Weight
        ?? (EffectiveRouter == RouterStart.Representatives ? CombineWeight.One : Chosen == 1 ? CombineWeight.Raw : CombineWeight.Renormalised);

    // The others look at the shape or the weights alone.
    internal bool LooksAtText => Method is SplitMethod.TokenClusters or SplitMethod.DocumentClusters or SplitMethod.CoActivation or SplitMethod.ActivationClusters;

    internal bool MeasuresScale => Scale is null && Scales is null && ScaleRule is (ScaleRule.Fitted or ScaleRule.ResidualRatio);

    internal bool NeedsCalibration => Plan is null && (Attention is { NeedsCalibration: true } || (SplitsFeedForward && FeedForwardNeedsCalibration));

    internal bool SplitsFeedForward => Attention is not { Only: true };

    bool FeedForwardNeedsCalibration => LooksAtText || MeasuresScale
        || EffectiveRouter is not (RouterStart.Zeros or RouterStart.Normal or RouterStart.Uniform);

    internal DataOptions EffectiveCalibration => Calibration! with { Tokens = Calibration!.Tokens ?? 65_536 };

    /// <summary>Rules over several options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Chosen > Experts)
            yield return new($"{Chosen} experts per token of {Experts}; need at most as many as there are", [nameof(Chosen)]);
        if (EffectiveWeight == CombineWeight.Renormalised && Chosen == 1 && !AllowUnreachableRouter)
            yield return new("one expert per token with a renormalised weight has weight 1 whatever the router says, and so the router " +
                "cannot learn; leave weight out (raw), choose two, or set allow_unreachable_router to copy a published model", [nameof(Weight)]);
        if (Weight == CombineWeight.RenormalisedByLevel || Attention?.Weight == CombineWeight.RenormalisedByLevel)
            yield return new("weights renormalised by level need experts in groups with a router of their own, which a split does not make; " +
                "take renormalised, raw or one", [nameof(Weight)]);
        if (Shared > 0 && Method is SplitMethod.WeightClusters)
            yield return new("clusters of neurons by weight say nothing of which neurons every token needs; leave shared out, " +
                "or take token_clusters, document_clusters, co_activation or activation_clusters", [nameof(Shared)]);
        if (EffectiveRouter == RouterStart.Representatives && (Method != SplitMethod.ActivationClusters || EffectiveScore != RouterScore.Swiglu))
            yield return new("router representatives needs the method activation_clusters, which finds them, and the score swiglu", [nameof(Router)]);
        if (EffectiveRouter != RouterStart.Representatives && EffectiveScore == RouterScore.Swiglu
            && EffectiveRouter is not (RouterStart.Zeros or RouterStart.Normal or RouterStart.Uniform))
            yield return new("the score swiglu has two rows per expert: it starts from representatives, normal, uniform or zeros", [nameof(Score)]);
        if (Overlap && Method is not (SplitMethod.TokenClusters or SplitMethod.DocumentClusters))
            yield return new("only token_clusters and document_clusters can let experts overlap: they rank all neurons for every expert", [nameof(Overlap)]);
        foreach (var unused in UnusedSettings.Of(this)) yield return unused;
        if ((Scale is null ? 0 : 1) + (Scales is null ? 0 : 1) + (ScaleRule == ScaleRule.Fitted ? 0 : 1) > 1)
            yield return new("only one of scale, scales and scale_rule can say what the factor of the routed experts is", [nameof(Scales), nameof(ScaleRule)]);
        if (Scales?.Any(s => s is not (>= 1e-6 and <= 1e6)) is true)
            yield return new("scales must lie between 1e-6 and 1e6", [nameof(Scales)]);
        if (Shared > 0 && ScaleRule == ScaleRule.ResidualRatio)
            yield return new("residual_ratio compares what a whole layer adds, of which shared experts have no factor; take fitted", [nameof(ScaleRule)]);
        if (Attention is { Chosen: 1, EffectiveWeight: CombineWeight.Renormalised } && !AllowUnreachableRouter)
            yield return new("one attention expert per token with a renormalised weight has weight 1 whatever the router says, and so the router " +
                "cannot learn; leave weight out (raw), choose two, or set allow_unreachable_router", [nameof(Attention)]);
        if (NeedsCalibration && Calibration is null)
            yield return new("calibration text is needed by methods that look at tokens or neurons at work, by routers made of tokens, neurons or heads, and to fit scales; name a file, a folder or dotnet-docs, " +
                "or take other choices and give a scale", [nameof(Method)]);
    }

    /// <summary>Applies the rules where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    internal void Check() => OptionRules.Check(this);
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// More objectives on routers, and what is adjusted between steps to keep experts busy. Coefficients are per layer with experts; 0 leaves
/// an objective out.
/// </summary>
public sealed record BalanceOptions : IValidatableObject
{
    /// <summary>Which choices count as the load of an expert in load_balance.</summary>
    public LoadCount LoadCount { get; init; }

    /// <summary>Coefficient of the squared coefficient of variation of the sums of combine weights (Shazeer 2017).</summary>
    [Range(0.0, 100.0)]
    public double Importance { get; init; }

    /// <summary>
    /// Coefficient of the squared coefficient of variation of the loads (Shazeer 2017). It has a gradient only where routers have learned
    /// noise. The option variation is importance and load with one coefficient.
    /// </summary>
    [Range(0.0, 100.0)]
    public double Load { get; init; }

    /// <summary>Coefficient of the balance between groups of neighbouring experts, as on devices (DeepSeekMoE: 0.05).</summary>
    [Range(0.0, 100.0)]
    public double GroupBalance { get; init; }

    /// <summary>Number of groups of group_balance; divides the number of experts.</summary>
    [Range(2, 4096)]
    public int? Groups { get; init; }

    /// <summary>Coefficient of the load balance within each sequence (DeepSeek-V3: 1e-4).</summary>
    [Range(0.0, 100.0)]
    public double SequenceBalance { get; init; }

    /// <summary>
    /// Coefficient of the load balance over all layers together, once and not once a layer (Hugging Face's Mixtral and Qwen2-MoE: 0.001).
    /// </summary>
    [Range(0.0, 100.0)]
    public double PooledBalance { get; init; }

    /// <summary>Coefficient of the load balance whose load is the mean combine weight, which has a gradient too (BTX: 0.01).</summary>
    [Range(0.0, 100.0)]
    public double SoftBalance { get; init; }

    /// <summary>
    /// Coefficient of the entropy of each token's probabilities minus that of their mean: tokens decide, experts stay busy (DS-MoE: 2e-4 to 6e-4).
    /// </summary>
    [Range(0.0, 100.0)]
    public double MutualInformation { get; init; }

    /// <summary>The same for experts of attention (DS-MoE 1B: 3.5e-4 beside 6.3e-4). Left out: mutual_information.</summary>
    [Range(0.0, 100.0)]
    public double? MutualInformationAttention { get; init; }

    /// <summary>
    /// Coefficient of the mean entropy of each token's probabilities: tokens become certain, so that fewer experts can carry them (SEER-MoE's second stage, with anneal_chosen).
    /// </summary>
    [Range(0.0, 100.0)]
    public double GatingEntropy { get; init; }

    /// <summary>Coefficient of the variance of the experts' mean probabilities (MoEC: 0.01).</summary>
    [Range(0.0, 100.0)]
    public double Variance { get; init; }

    /// <summary>Between which experts variance looks.</summary>
    public VarianceForm VarianceForm { get; init; } = VarianceForm.Clusters;

    /// <summary>Number of clusters of neighbouring experts for variance; divides the number of experts.</summary>
    [Range(2, 4096)]
    public int? Clusters { get; init; }

    /// <summary>
    /// Move the biases on the selection of experts instead of the loss (DeepSeek-V3, loss-free). Left out: they stay. The model must have them.
    /// </summary>
    public BiasOptions? SelectionBias { get; init; }

    /// <summary>Hold the number of experts per token of routers with ReLU (ReMoE). Left out: nothing makes them sparse.</summary>
    public SparsityOptions? Sparsity { get; init; }

    /// <summary>Let the coefficient of load_balance follow the overload of each layer (Skywork-MoE). Left out: it is what it is.</summary>
    public AdaptiveOptions? Adaptive { get; init; }

    /// <summary>Drop some experts of each cluster for a while (MoEC). Left out: all may be chosen.</summary>
    public ClusterDropoutOptions? ClusterDropout { get; init; }

    /// <summary>Let a temperature of the logits come down. Left out: it is the model's throughout.</summary>
    public TemperatureOptions? Temperature { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (GroupBalance > 0 && Groups is null) yield return new("group_balance needs the number of groups", [nameof(GroupBalance)]);
        if (Groups is not null && GroupBalance == 0) yield return new("groups means nothing without group_balance", [nameof(Groups)]);
        var clustered = Variance > 0 && VarianceForm != VarianceForm.All;
        if (clustered && Clusters is null) yield return new("variance within clusters needs their number in clusters", [nameof(Variance)]);
        if (Clusters is not null && !clustered) yield return new("clusters means nothing without variance within clusters", [nameof(Clusters)]);
    }

    /// <summary>Refuses what a model's routers cannot do; needs no weights.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <exception cref="BadRequestException">Groups that do not divide the experts, or a setting for routers that the model does not have.</exception>
    internal void Check(ModelSpec spec)
    {
        RouterSpec[] routers = [.. spec.Layers.Select(l => (l.FeedForward as MixtureSpec)?.Router).Concat(spec.Layers.Select(l => l.Attention.Experts?.Router)).OfType<RouterSpec>()];
        if (routers.Length == 0) throw new BadRequestException("balance is about routers, and the model has no experts; leave it out.");
        if (MutualInformationAttention is not null && spec.Layers.All(l => l.Attention.Experts is null))
            throw new BadRequestException("balance.mutual_information_attention is about experts of attention, and the model has none; leave it out.");
        foreach (var router in routers)
        {
            Divides("groups", Groups, router.Experts, 1);
            Divides("clusters", Clusters, router.Experts, 2);
            if (ClusterDropout is { } dropout) Check(dropout, router);
        }
        if (Sparsity is not null && routers.FirstOrDefault(r => r.Affinity != RouterAffinity.Relu) is { } other)
            throw new BadRequestException($"balance.sparsity is for routers with ReLU, and one has {other.Affinity}; leave it out.");
        if (SelectionBias is not null && !routers.Any(r => r.SelectionBias))
            throw new BadRequestException("balance.selection_bias moves biases on the selection of experts, and no router of the model has them.");
    }

    static void Check(ClusterDropoutOptions dropout, RouterSpec router)
    {
        Divides("cluster_dropout.clusters", dropout.Clusters, router.Experts, 1);
        if (dropout.Left(router.Experts) is var left && left < router.Chosen)
            throw new BadRequestException($"balance.cluster_dropout leaves {left} of {router.Experts} experts, and a token chooses {router.Chosen}; lower the rate.");
        if (router.SelectionBias || router.Noise == RouterNoise.Learned)
            throw new BadRequestException("balance.cluster_dropout goes with selection by logits or affinities alone, without biases on it and without learned noise.");
    }

    static void Divides(string key, int? parts, int experts, int least)
    {
        if (parts is { } p && (experts % p != 0 || experts / p < least))
            throw new BadRequestException($"balance.{key}: {experts} experts cannot be divided into {p} equal parts of {least} or more; choose a divisor.");
    }
}

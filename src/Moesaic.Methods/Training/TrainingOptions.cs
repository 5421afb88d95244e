using Moesaic.Formats;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors.Optimization;

namespace Moesaic.Methods.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimiser steps in all.</summary>
    public required int Steps { get; init; }

    /// <summary>Blocks in one pass; the rest of a step's rows follow in further passes whose gradients add up. Default 8.</summary>
    public int RowsPerPass { get; init; } = 8;

    /// <summary>Highest learning rate. Default 1e-3.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>Steps over which the learning rate rises to its peak. Default 0.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>What the learning rate does then. Default cosine.</summary>
    public ScheduleShape Schedule { get; init; } = ScheduleShape.Cosine;

    /// <summary>Fraction of the peak that the learning rate ends with. Default 0.1.</summary>
    public float FinalFraction { get; init; } = 0.1f;

    /// <summary>Settings of AdamW.</summary>
    public AdamWOptions Optimiser { get; init; } = new();

    /// <summary>Which parameters are trained; null for all that a gradient reaches.</summary>
    public IReadOnlySet<ParameterRole>? Roles { get; init; }

    /// <summary>Coefficient of the load balance loss, per mixture layer. Default 0.01.</summary>
    public float LoadBalance { get; init; } = 0.01f;

    /// <summary>Coefficient of the router z-loss, per mixture layer. Default 0.001.</summary>
    public float ZLoss { get; init; } = 0.001f;

    /// <summary>Coefficient of cv²(importance) + cv²(load), per mixture layer (Shazeer et al. 2017). Default 0.</summary>
    public float Variation { get; init; }

    /// <summary>Over which tokens the sums of router objectives are taken. Default: those of a pass.</summary>
    public LoadBalanceOver LoadBalanceOver { get; init; }

    /// <summary>More router objectives and what adjusts them between steps, or null.</summary>
    public BalanceOptions? Balance { get; init; }

    /// <summary>Whether layers are computed again in the backward pass instead of kept. Default false.</summary>
    public bool Recompute { get; init; }

    /// <summary>Whether routers do what they do in training alone: noise, and <see cref="RouterSpec.Training"/>. Default true.</summary>
    public bool Noise { get; init; } = true;

    /// <summary>Probability that a value within an expert, routed or shared, is dropped, see <see cref="Models.Experts.ExpertDropout"/>. Default 0.</summary>
    public float ExpertDropout { get; init; }

    /// <summary>Seed of the noise of routers that have one, and of what is dropped. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Allows renormalised top-1 routing to be trained although no gradient of the model's loss reaches the router.
    /// Default false.
    /// </summary>
    public bool AllowUnreachableRouter { get; init; }

    /// <summary>Allows routers to look at later tokens or other sequences. Default false.</summary>
    public bool AllowNonCausal { get; init; }

    /// <summary>Feed-forward experts per token while training; null for the routers' own number.</summary>
    public ChosenSchedule? ExpertAnneal { get; init; }

    /// <summary>Attention experts per token while training; null for the routers' own number.</summary>
    public ChosenSchedule? AttentionAnneal { get; init; }

    /// <summary>Whether parameters of a role are trained.</summary>
    public bool Trains(ParameterRole role) => role != ParameterRole.SelectionBias && (Roles is null || Roles.Contains(role));

    /// <summary>Refuses what cannot be trained; needs no weights.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <exception cref="BadRequestException">
    /// Nothing to train, a router that no gradient would reach, or a number of experts that comes down to none.
    /// </exception>
    public void Check(ModelSpec spec)
    {
        if (Roles?.Contains(ParameterRole.SelectionBias) is true)
            throw new BadRequestException(
                "No gradient reaches the biases on the selection of experts; leave the role selection_bias out of the trained roles.");
        var present = ParameterCounts.Of(spec).Roles.Select(r => r.Role).ToList();
        if (Roles is not null && !present.Any(Roles.Contains))
            throw new BadRequestException(
                $"Nothing to train: the model has no parameters with the roles {string.Join(", ", Roles.Order())}; it has {string.Join(", ", present)}.");
        if (!AllowUnreachableRouter && (Roles is null || Roles.Contains(ParameterRole.Router))
            && spec.Layers.Any(l => l.FeedForward is MixtureSpec { Router.GradientReachesRouter: false }
                || l.Attention.Experts is { Router.GradientReachesRouter: false }))
            throw new BadRequestException(
                "The router would get no gradient from the model's loss: one expert per token with a renormalised weight has weight 1 " +
                "whatever the router says. Use the raw softmax probability (weight: raw) with a fitted scale, choose two experts or more, " +
                "or leave the role router out of the trained roles.");
        Balance?.Check(spec);
        if (ExpertDropout > 0 && !spec.MixtureLayers.Any())
            throw new BadRequestException("Values within experts were to be dropped (expert_dropout), but the model has no feed-forward experts.");
        CausalRouters.Check(spec, AllowNonCausal, training: Noise);
        CheckAnneal("feed-forward", ExpertAnneal, spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().Select(m => m.Router));
        CheckAnneal("attention", AttentionAnneal, spec.Layers.Select(l => l.Attention.Experts?.Router).OfType<RouterSpec>());
    }

    static void CheckAnneal(string kind, ChosenSchedule? anneal, IEnumerable<RouterSpec> routers)
    {
        if (anneal is not null && !routers.Any(r => r.Chosen < anneal.From && ChosenAnneal.Reaches(r.InTraining())))
            throw new BadRequestException($"The {kind} experts of a token were to come down from {anneal.From}, but no layer's router chooses fewer {kind} experts than that.");
    }
}

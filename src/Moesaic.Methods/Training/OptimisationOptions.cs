using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Tensors.Optimization;

namespace Moesaic.Methods.Training;

/// <summary>What every step that trains can be told: passes, learning rate, trained roles, router objectives, saving.</summary>
public abstract record OptimisationOptions
{
    /// <summary>Blocks per optimiser step.</summary>
    [Unit("blocks")]
    [Range(1, 1 << 20)]
    public int Batch { get; init; } = 16;

    /// <summary>
    /// Blocks per pass: more need more memory; of fewer, the gradients of several passes add up before a step (gradient accumulation).
    /// The sum is that of one pass, but for what load_balance_over says.
    /// </summary>
    [Unit("blocks")]
    [Range(1, 1 << 20)]
    public int RowsPerPass { get; init; } = 8;

    /// <summary>Highest learning rate.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Fraction of the steps over which the learning rate rises.</summary>
    [Range(0.0, 1.0)]
    public double Warmup { get; init; } = 0.03;

    /// <summary>What the learning rate does after warm-up.</summary>
    public ScheduleShape Schedule { get; init; } = ScheduleShape.Cosine;

    /// <summary>Fraction of the highest learning rate that is left at the end.</summary>
    [Range(0.0, 1.0)]
    public double FinalFraction { get; init; } = 0.1;

    /// <summary>Decoupled weight decay of matrices.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Gradients are scaled down to this norm; 0 switches clipping off.</summary>
    [Range(0.0, 1e6)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Which parameters are trained. Left out: all. Not with lora, which has roles of its own.</summary>
    public IReadOnlyList<ParameterRole>? Roles { get; init; }

    /// <summary>
    /// Train adapters of low rank beside the matrices and leave the model as it is, in memory as it is stored. Left out: the
    /// parameters themselves are trained.
    /// </summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>
    /// How matrices that are trained are read by the passes. The optimiser changes float32 values either way.
    /// </summary>
    public WeightPrecision Weights { get; init; }

    /// <summary>
    /// Keep of each layer only what comes in and compute the rest again for the gradient: the same bits, about a third more time, and
    /// the memory of one layer's pass instead of all layers'.
    /// </summary>
    public bool Recompute { get; init; }

    /// <summary>Coefficient of the load balance loss per mixture layer.</summary>
    [Range(0.0, 100.0)]
    public double LoadBalance { get; init; } = 0.01;

    /// <summary>Over which tokens loads and means of all router objectives are taken, where a step takes several passes.</summary>
    public LoadBalanceOver LoadBalanceOver { get; init; }

    /// <summary>Coefficient of the router z-loss per mixture layer.</summary>
    [Range(0.0, 100.0)]
    public double ZLoss { get; init; } = 0.001;

    /// <summary>
    /// Coefficient per mixture layer of the squared coefficients of variation of importance and load (Shazeer 2017; LLaMA-MoE v1: 0.01).
    /// Its load has a gradient only where routers have noise.
    /// </summary>
    [Range(0.0, 100.0)]
    public double Variation { get; init; }

    /// <summary>More objectives on routers, and what is adjusted between steps to keep experts busy. Left out: none.</summary>
    public BalanceOptions? Balance { get; init; }

    /// <summary>
    /// Probability that a value within an expert of a feed-forward, routed or shared, is dropped while training (Switch 2022: 0.4 in fine-tuning).
    /// The rest of the model has no dropout.
    /// </summary>
    [Range(0.0, 0.99)]
    public double ExpertDropout { get; init; }

    /// <summary>Measure the held-out loss every so many steps; 0: only before and after.</summary>
    [Unit("steps")]
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    /// <summary>Save what is needed to resume every so many minutes; 0: before every step.</summary>
    [Unit("minutes")]
    [Range(0.0, 1e6)]
    public double SaveEvery { get; init; } = 5;

    /// <summary>Number type of the written checkpoint; training itself is in float32.</summary>
    public TensorType Type { get; init; } = TensorType.BF16;

    /// <summary>Train a router that no gradient can reach (one expert, renormalised weight), as some published systems do.</summary>
    public bool AllowUnreachableRouter { get; init; }

    /// <summary>
    /// Train routers that look at later tokens or at other sequences: expert choice, places given by priority, the mean of a sequence. Their
    /// loss is no measure of what the model can generate.
    /// </summary>
    public bool AllowNonCausal { get; init; }

    /// <summary>Feed-forward experts per token come down from more while training. Left out: the model's number throughout.</summary>
    public AnnealOptions? AnnealChosen { get; init; }

    /// <summary>Attention experts per token come down from more while training. Left out: the model's number throughout.</summary>
    public AnnealOptions? AnnealAttention { get; init; }

    /// <summary>The trainer's settings.</summary>
    /// <param name="steps">Optimiser steps in all.</param>
    public TrainingOptions ToTrainingOptions(int steps) => new()
    {
        Steps = steps,
        RowsPerPass = Math.Min(RowsPerPass, Batch),
        LearningRate = (float)LearningRate,
        WarmupSteps = (int)Math.Ceiling(steps * Warmup),
        Schedule = Schedule,
        FinalFraction = (float)FinalFraction,
        Optimiser = new AdamWOptions { WeightDecay = (float)WeightDecay, ClipNorm = (float)ClipNorm },
        Roles = (Lora?.Roles ?? Roles)?.ToHashSet(),
        LoadBalanceOver = LoadBalanceOver,
        Balance = Balance,
        Recompute = Recompute,
        LoadBalance = (float)LoadBalance,
        ZLoss = (float)ZLoss,
        Variation = (float)Variation,
        ExpertDropout = (float)ExpertDropout,
        AllowUnreachableRouter = AllowUnreachableRouter,
        AllowNonCausal = AllowNonCausal,
        ExpertAnneal = AnnealChosen?.ToSchedule(steps),
        AttentionAnneal = AnnealAttention?.ToSchedule(steps),
    };

    /// <summary>What is trained, for the summary of a plan.</summary>
    internal string Trained => Lora is { } lora ? $"adapters of rank {lora.Rank} on {string.Join(", ", lora.Roles)}"
        : Roles is null ? "all parameters" : string.Join(", ", Roles);

    /// <summary>Settings that exclude one another.</summary>
    protected IEnumerable<ValidationResult> Conflicts()
    {
        if (Balance is { Adaptive: not null } && LoadBalance == 0)
            yield return new("balance.adaptive starts at load_balance, which is 0; give it the first coefficient", [nameof(LoadBalance)]);
        if (Lora is null) yield break;
        if (Lora.Result == LoraResult.Kept && Balance is { SelectionBias: not null })
            yield return new("biases on the selection of experts belong to the model, which an adapter that is kept leaves alone; take result: merged or leave balance.selection_bias out", [nameof(Balance)]);
        if (Roles is not null) yield return new("with lora only adapters are trained; name the roles that get one in lora", [nameof(Roles)]);
        if (Weights != WeightPrecision.F32)
            yield return new("with lora the model stays as it is stored and the adapters are float32; leave weights out", [nameof(Weights)]);
    }
}

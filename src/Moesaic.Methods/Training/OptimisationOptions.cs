using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
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

    /// <summary>Blocks per pass: more need more memory, fewer add up their gradients over more passes.</summary>
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

    /// <summary>Which parameters are trained. Left out: all.</summary>
    public IReadOnlyList<ParameterRole>? Roles { get; init; }

    /// <summary>Coefficient of the load balance loss per mixture layer.</summary>
    [Range(0.0, 100.0)]
    public double LoadBalance { get; init; } = 0.01;

    /// <summary>Coefficient of the router z-loss per mixture layer.</summary>
    [Range(0.0, 100.0)]
    public double ZLoss { get; init; } = 0.001;

    /// <summary>
    /// Coefficient per mixture layer of the squared coefficients of variation of importance and load (Shazeer 2017; LLaMA-MoE v1: 0.01).
    /// Its load has a gradient only where routers have noise.
    /// </summary>
    [Range(0.0, 100.0)]
    public double Variation { get; init; }

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
        Roles = Roles?.ToHashSet(),
        LoadBalance = (float)LoadBalance,
        ZLoss = (float)ZLoss,
        Variation = (float)Variation,
        AllowUnreachableRouter = AllowUnreachableRouter,
    };
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Tensors.Optimization;

namespace Moesaic.Methods.Training;

/// <summary>Options of the step "train": continued pre-training or fine-tuning of what the model already is.</summary>
public sealed record TrainStepOptions
{
    /// <summary>What is learned; several entries are joined.</summary>
    [MinLength(1, ErrorMessage = "no data; name at least one file, folder or corpus")]
    public required IReadOnlyList<DataOptions> Data { get; init; }

    /// <summary>Text that is never learned: its loss is measured before, during and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Tokens to read in all; rounded up to whole steps of batch · context.</summary>
    [Unit("tokens")]
    [Range(1, long.MaxValue)]
    public required long Tokens { get; init; }

    /// <summary>Length of a block. Whole documents are packed into blocks and cannot see each other.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

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

    /// <summary>Optimiser steps.</summary>
    public int Steps() => checked((int)((Tokens + ((long)Batch * Context) - 1) / ((long)Batch * Context)));

    /// <summary>The trainer's settings.</summary>
    public TrainingOptions ToTrainingOptions()
    {
        var steps = Steps();
        return new TrainingOptions
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
            AllowUnreachableRouter = AllowUnreachableRouter,
        };
    }
}

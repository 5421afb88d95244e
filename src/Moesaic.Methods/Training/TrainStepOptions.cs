using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Data;
using Moesaic.Methods.Distillation;
using Moesaic.Methods.Steps;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>
/// Options of the step "train": continued pre-training or fine-tuning of what the model already is. Several such steps are the
/// stages of a post-training.
/// </summary>
public sealed record TrainStepOptions : OptimisationOptions, IValidatableObject
{
    /// <summary>What is learned; several entries are joined, or mixed where they have weights.</summary>
    [NotEmpty(ErrorMessage = "no data; name at least one file, folder or corpus")]
    public required IReadOnlyList<DomainOptions> Data { get; init; }

    /// <summary>Text that is never learned: its loss is measured before, during and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>
    /// Every so many steps, note what routers choose for 4,096 held-out tokens, and tell at the end how much of it they still choose (router
    /// saturation, OLMoE); 0: not.
    /// </summary>
    [Unit("steps")]
    [Range(0, int.MaxValue)]
    public int SaturationEvery { get; init; }

    /// <summary>Tokens to read in all; rounded up to whole steps of batch · context.</summary>
    [Unit("tokens")]
    [Range(1, long.MaxValue)]
    public required long Tokens { get; init; }

    /// <summary>Length of a block. Whole documents are packed into blocks and cannot see each other.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>Which documents share a block.</summary>
    public PackingMethod Packing { get; init; } = PackingMethod.BestFit;

    /// <summary>What becomes of documents longer than a block.</summary>
    public LongSamples LongSamples { get; init; } = LongSamples.Cut;

    /// <summary>Let the weights of the data follow the losses of the domains. Left out: they stay as given.</summary>
    public DynamicWeightsOptions? DynamicWeights { get; init; }

    /// <summary>Learn from another model's predictions too. Left out: from the text alone.</summary>
    public DistilOptions? Distil { get; init; }

    /// <summary>Coefficient of the mean squared logsumexp of the logits of the vocabulary, which keeps them small (PaLM: 1e-4; OpenMoE: 1e-3).</summary>
    [Range(0.0, 100.0)]
    public double OutputZLoss { get; init; }

    /// <summary>Optimiser steps.</summary>
    public int Steps() => checked((int)((Tokens + ((long)Batch * Context) - 1) / ((long)Batch * Context)));

    /// <summary>The trainer's settings.</summary>
    public TrainingOptions ToTrainingOptions() => ToTrainingOptions(Steps());

    internal bool Mixes => Data[0].Weight is not null;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var conflict in Conflicts()) yield return conflict;
        if (SaturationEvery > 0 && HeldOut is null)
            yield return new("saturation is measured on held-out text; name it in held_out", [nameof(SaturationEvery)]);
        var positions = (long)Batch * Context;
        if (positions > int.MaxValue)
            yield return new($"a step of {Batch} blocks of {Context} tokens is too large; lower batch or context", [nameof(Batch)]);
        else if (positions > 0 && (Tokens - 1) / positions >= int.MaxValue)
            yield return new($"{Tokens} tokens are too many steps of {Batch} blocks of {Context}; raise batch or context", [nameof(Tokens)]);
        if (Data.Select(d => d.Weight is null).Distinct().Count() > 1)
            yield return new("give every entry of data a weight, or none", [nameof(Data)]);
        if (Data.FirstOrDefault(d => d.HeldOutTokens is not null && d.HeldOut is null) is { } limit)
            yield return new($"held_out_tokens of {limit.Title} limits nothing; name its held_out", [nameof(Data)]);
        var named = Mixes || Data.Any(d => d.HeldOut is not null);
        if (named && Data.GroupBy(d => d.Title, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            yield return new($"two domains are called {twice.Key}; give them a name each", [nameof(Data)]);
        if (OutputZLoss > 0 && Distil is not null)
            yield return new("output_z_loss is for training without a teacher; leave it or distil out", [nameof(OutputZLoss)]);
        if (DynamicWeights is not { } dynamic) yield break;
        if (Data.Count < 2 || Data.Any(d => d.Weight is null || d.HeldOut is null))
            yield return new("dynamic weights need two domains or more, each with the weight it starts with and a held_out", [nameof(DynamicWeights)]);
        if (dynamic.Reference is { } losses && !Data.Select(d => d.Title).Order(StringComparer.Ordinal).SequenceEqual(losses.Keys.Order(StringComparer.Ordinal)))
            yield return new($"reference must name each domain once: {string.Join(", ", Data.Select(d => d.Title))}", [nameof(DynamicWeights)]);
    }
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;

namespace Moesaic.Methods.Preferences;

/// <summary>
/// Options of the step "dpo": direct preference optimisation (Rafailov et al. 2023). Its reference is the model the step receives.
/// </summary>
public sealed record DpoStepOptions : OptimisationOptions, IValidatableObject
{
    /// <summary>Defaults that differ from those of "train": small steps from where the model is, without decay or router objectives.</summary>
    public DpoStepOptions() => (LearningRate, WeightDecay, LoadBalance, ZLoss) = (5e-6, 0, 0, 0);

    /// <summary>
    /// Files or folders of preference pairs (.jsonl, .ndjson, .json): records with chosen and rejected, and a prompt, messages or
    /// conversations.
    /// </summary>
    [NotEmpty(ErrorMessage = "no data; name at least one file or folder of preference pairs")]
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>Pairs that are never learned: loss, accuracy and margin on them are measured before, during and after.</summary>
    public string? HeldOut { get; init; }

    /// <summary>Hold out this share of <see cref="Data"/> instead, drawn by the seed.</summary>
    [Range(0.0, 0.9)]
    public double HeldOutShare { get; init; }

    /// <summary>Learn from so many pairs, drawn by the seed. Left out: all.</summary>
    [Unit("pairs")]
    [Range(1, int.MaxValue)]
    public int? Pairs { get; init; }

    /// <summary>
    /// Read prompt and answer as one running text instead of as a conversation; for models without a chat template and pairs of plain
    /// strings.
    /// </summary>
    public bool AsText { get; init; }

    /// <summary>How often every pair is read; rounded up to whole steps.</summary>
    [Range(1e-6, 1e6)]
    public double Epochs { get; init; } = 1;

    /// <summary>
    /// Longest prompt with its answer. Pairs with a longer one are left out, and counted in the report. A block holds two of this
    /// length: both answers of a pair, or several shorter pairs.
    /// </summary>
    [Unit("tokens")]
    [Range(2, 1 << 19)]
    public int Context { get; init; } = 512;

    /// <summary>How strongly the model is held to its reference: the factor of the log ratios.</summary>
    [Range(1e-6, 1e3)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Assumed share of pairs that are the wrong way round (conservative DPO, Mitchell 2023).</summary>
    [Range(0.0, 0.49)]
    public double LabelSmoothing { get; init; }

    /// <summary>Compare log-probabilities per token of the answer instead of those of the whole answer.</summary>
    public bool LengthNormalised { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var conflict in Conflicts()) yield return conflict;
        if (2L * Batch * Context > int.MaxValue)
            yield return new($"a step of {Batch} blocks of twice {Context} tokens is too large; lower batch or context", [nameof(Batch)]);
        if (AnnealChosen is not null || AnnealAttention is not null)
            yield return new("the reference uses as many experts per token as the model says; anneal them in a step train before", [nameof(AnnealChosen)]);
        if (Balance is { ClusterDropout: not null } or { Temperature: not null })
            yield return new("the reference routes as the model says; drop experts and cool routers in a step train before", [nameof(Balance)]);
        if (HeldOut is not null && HeldOutShare > 0)
            yield return new("name either held_out or held_out_share", [nameof(HeldOutShare)]);
    }
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Training;

/// <summary>
/// Low-rank adapters (LoRA, Hu et al. 2021): beside every matrix W of the named roles stand A [rank, in], random, and B [out, rank],
/// zero; the layer computes x Wᵀ + alpha / rank · (x Aᵀ) Bᵀ, and only A and B are trained. W keeps the encoding it is stored in.
/// </summary>
public sealed record LoraOptions : IValidatableObject
{
    static readonly ParameterRole[] Adaptable =
        [ParameterRole.Attention, ParameterRole.FeedForward, ParameterRole.Router, ParameterRole.Experts, ParameterRole.SharedExperts];

    /// <summary>Rank of the adapters.</summary>
    [Range(1, 1 << 16)]
    public int Rank { get; init; } = 16;

    /// <summary>The adapters are scaled by alpha / rank. Left out: twice the rank.</summary>
    [Range(0.0, 1e6)]
    public double? Alpha { get; init; }

    /// <summary>The roles whose matrices get adapters: attention, feed_forward, router, experts, shared_experts.</summary>
    [NotEmpty(ErrorMessage = "no roles; name at least one")]
    public IReadOnlyList<ParameterRole> Roles { get; init; } =
        [ParameterRole.Attention, ParameterRole.FeedForward, ParameterRole.Experts, ParameterRole.SharedExperts];

    /// <summary>How the matrices with adapters are kept in memory meanwhile.</summary>
    public LoraBase Base { get; init; }

    /// <summary>What is written at the end.</summary>
    public LoraResult Result { get; init; }

    internal float Scale => (float)(Alpha ?? 2 * Rank) / Rank;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var role in Roles.Except(Adaptable))
            yield return new($"{role} has no matrices that could have adapters; those that can are {string.Join(", ", Adaptable)}", [nameof(Roles)]);
    }
}

/// <summary>What becomes of trained adapters.</summary>
public enum LoraResult
{
    /// <summary>They are added to their matrices: the output is a model like any other.</summary>
    Merged,

    /// <summary>
    /// They alone are written, in the layout of Hugging Face's PEFT, with the path of the model they belong to. Whatever reads a model reads
    /// such a folder.
    /// </summary>
    Kept,
}

/// <summary>How matrices are kept in memory while their adapters are trained.</summary>
public enum LoraBase
{
    /// <summary>As they are stored.</summary>
    Stored,

    /// <summary>
    /// As Q8_0, about 8.5 bits a weight (QLoRA, Dettmers et al. 2023, with another encoding). Rows that are no whole blocks stay as they are.
    /// A merged result is the rounded matrix with its adapter; a kept one refers to the model as it is stored.
    /// </summary>
    Q8_0,

    /// <summary>As Q4_0, 4.5 bits a weight; otherwise as q8_0.</summary>
    Q4_0,
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training;

/// <summary>
/// Dynamic batch loading (Sheared-LLaMA, Xia et al. 2024, section 2.2): domains whose loss is far above a reference are read more.
/// Weights w become softmax(log w + rate · max(0, loss − reference)), which for rate 1 is w · exp(excess), renormalised.
/// </summary>
public sealed record DynamicWeightsOptions : IValidatableObject
{
    /// <summary>Measure the domains' held-out losses and adapt the weights every so many steps.</summary>
    [Unit("steps")]
    [Range(1, int.MaxValue)]
    public required int Every { get; init; }

    /// <summary>The loss each domain is to reach, by its name.</summary>
    [Unit("nats")]
    public IReadOnlyDictionary<string, double>? Reference { get; init; }

    /// <summary>A model of the same tokenizer whose losses on the domains' held-out texts are the reference.</summary>
    public string? ReferenceModel { get; init; }

    /// <summary>How strongly the weights follow the losses.</summary>
    [Range(0.0, 1000.0)]
    public double Rate { get; init; } = 1;

    /// <summary>
    /// So much of the weight is spread equally over the domains, so that none vanishes: the published log-softmax form has 1e-4.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Smoothing { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Reference is null == ReferenceModel is null)
            yield return new("name either reference, a loss for each domain, or reference_model", [nameof(Reference)]);
    }

    /// <summary>The weights after a measurement; they add up to 1.</summary>
    /// <param name="weights">Before it, one a domain.</param>
    /// <param name="losses">Measured, nats per token.</param>
    /// <param name="reference">To be reached.</param>
    public double[] Adapt(IReadOnlyList<double> weights, IReadOnlyList<double> losses, IReadOnlyList<double> reference)
    {
        double[] logs = [.. weights.Select((w, d) => Math.Log(w) + (Rate * Math.Max(0, losses[d] - reference[d])))];
        var most = logs.Max();
        double[] powers = [.. logs.Select(l => Math.Exp(l - most))];
        var sum = powers.Sum();
        return [.. powers.Select(p => ((1 - Smoothing) * p / sum) + (Smoothing / powers.Length))];
    }
}

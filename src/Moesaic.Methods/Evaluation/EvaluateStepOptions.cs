using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Evaluation;

/// <summary>Options of the step "evaluate": what a model loses on text, and how fast and large it is.</summary>
public sealed record EvaluateStepOptions
{
    /// <summary>Text the model never learned; of dotnet-docs the held-out part unless it says otherwise.</summary>
    [Required]
    public required DataOptions Data { get; init; }

    /// <summary>
    /// Longest window of text the model sees at once. Left out: the model's context, at most 2,048. Losses compare only at
    /// equal context and stride.
    /// </summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int? Context { get; init; }

    /// <summary>
    /// Distance between windows, at most the context. A shorter one gives each token at least context − stride tokens to look
    /// back on and takes context / stride times as long. Left out: the context, so that windows do not overlap.
    /// </summary>
    [Unit("tokens")]
    [Range(1, 1 << 20)]
    public int? Stride { get; init; }

    /// <summary>Timed runs for the speed, of which the median counts; 0: no speed is measured.</summary>
    [Unit("runs")]
    [Range(0, 1000)]
    public int SpeedRepeats { get; init; } = 3;

    /// <summary>
    /// Methods of the held-out part of dotnet-docs whose documentation is generated from the signature: how many parameters it describes by name, and how often its first
    /// sentence has the true verb, beside what chance gives. For models that learned dotnet-docs. 0: none.
    /// </summary>
    [Unit("methods")]
    [Range(0, 1 << 20)]
    public int SignatureItems { get; init; }

    /// <summary>Most tokens of a generated documentation.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 20)]
    public int SignatureTokens { get; init; } = 128;

    /// <summary>A prune plan: what it does not keep is not read. Left out: the whole model.</summary>
    public string? Plan { get; init; }

    /// <summary>With a plan: the part of the experts that goes, as the plan ranks them. Left out: what the plan decided.</summary>
    [Range(0.0, 1.0)]
    public double? Ratio { get; init; }

    /// <summary>
    /// Routing policy in place of the model's: none, pairs such as ratios=0.4,share=0.9, or a JSON file. Left out: the model's own. Compare rules at
    /// equal experts_per_token.
    /// </summary>
    public string? Policy { get; init; }

    /// <summary>Experts per token, at most the model's; added to the policy. Left out: what the model and the policy say.</summary>
    [Range(1, 1 << 16)]
    public int? Chosen { get; init; }

    /// <summary>
    /// Measure a model whose routers look at later tokens or at other sequences. What it loses is no measure of what it can generate; the report
    /// says so.
    /// </summary>
    public bool AllowNonCausal { get; init; }
}

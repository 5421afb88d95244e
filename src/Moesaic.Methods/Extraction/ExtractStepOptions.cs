using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;

namespace Moesaic.Methods.Extraction;

/// <summary>Options of the step "extract": what one task needs of a model that routes by task.</summary>
public sealed record ExtractStepOptions
{
    /// <summary>The task, by its name.</summary>
    [Required]
    public required string Task { get; init; }

    /// <summary>What the experts of the task become.</summary>
    public ExtractForm As { get; init; } = ExtractForm.Dense;

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }
}

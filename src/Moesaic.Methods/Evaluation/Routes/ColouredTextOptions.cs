using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>A text of which every token is coloured by its expert.</summary>
[Shorthand(nameof(Text))]
public sealed record ColouredTextOptions
{
    /// <summary>The text itself, used as it is, at most 16,384 tokens. One longer than the context is read in windows.</summary>
    [Required]
    public required string Text { get; init; }

    /// <summary>The task it belongs to; needed by a model that routes by task and refused by any other.</summary>
    public string? Task { get; init; }
}

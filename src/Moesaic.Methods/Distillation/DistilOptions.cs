using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Tensors;

namespace Moesaic.Methods.Distillation;

/// <summary>
/// Distillation from a model of the same tokenizer, such as the dense parent of a mixture (Hinton et al. 2015): the loss is
/// (1 − weight) · cross-entropy + weight · temperature² · divergence of the two next-token distributions.
/// </summary>
public sealed record DistilOptions
{
    /// <summary>Folder of the teacher. It is read as stored and never changed.</summary>
    public required string Teacher { get; init; }

    /// <summary>Share of the divergence; the rest is that of the text. 1: the text only says where predictions are made.</summary>
    [Range(0.0, 1.0)]
    public double Weight { get; init; } = 0.5;

    /// <summary>Divides the logits of both: above 1, unlikely tokens count more.</summary>
    [Range(0.01, 1000.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>From which side the distributions are compared.</summary>
    public DivergenceKind Kind { get; init; } = DivergenceKind.ForwardKl;

    /// <summary>
    /// Compare the teacher's so many likeliest tokens one by one and all others together as one outcome. Left out: every token.
    /// </summary>
    [Unit("tokens")]
    [Range(1, DivergenceOptions.MostTop)]
    public int? Top { get; init; }
}

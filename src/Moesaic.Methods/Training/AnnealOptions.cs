using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Training;

/// <summary>More experts per token at the start of a training, fewer and fewer until the model has its own number.</summary>
public sealed record AnnealOptions
{
    /// <summary>Experts per token at the first step; a layer that has fewer uses all.</summary>
    [Range(1, 4096)]
    public required int From { get; init; }

    /// <summary>Fraction of the steps after which every router chooses its own number.</summary>
    [Range(1e-6, 1.0)]
    public double Until { get; init; } = 0.5;

    /// <summary>As a schedule over so many steps.</summary>
    internal ChosenSchedule ToSchedule(int steps) => new(From, (int)Math.Ceiling(steps * Until));
}

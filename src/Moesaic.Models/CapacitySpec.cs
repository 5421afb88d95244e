namespace Moesaic.Models;

/// <summary>Who comes first where an expert has too few places.</summary>
public enum CapacityOrder
{
    /// <summary>Earlier tokens, each with all its choices.</summary>
    Position,

    /// <summary>First choices before second ones, and so on; earlier tokens first among equals (GShard, Switch, Mesh TensorFlow).</summary>
    FirstChoices,

    /// <summary>
    /// First choices before second ones; among equals the tokens with the highest best affinity ("batch priority routing", Riquelme et al.
    /// 2021; ST-MoE's encoders). Not causal.
    /// </summary>
    Priority,

    /// <summary>First choices before second ones; among equals at random, by position in a pass without a draw of noise. Only while training.</summary>
    Random,
}

/// <summary>What happens to a choice that finds its expert full.</summary>
public enum CapacityOverflow
{
    /// <summary>It is left out: a token that loses all passes in the residual stream alone.</summary>
    Residual,

    /// <summary>The token's own input takes the place of the expert's output, with its weight (MoEC, Xie et al. 2023).</summary>
    PassThrough,

    /// <summary>The token's next best expert that has room takes it ("no token left behind", Mesh TensorFlow); left out if none has.</summary>
    NextChoice,
}

/// <summary>How the number of places is made whole.</summary>
public enum CapacityRounding
{
    /// <summary>Down.</summary>
    Down,

    /// <summary>Up.</summary>
    Up,

    /// <summary>To the nearest, halves up.</summary>
    Nearest,
}

/// <summary>
/// How many tokens of a group (<see cref="RouterSpec.Group"/>) an expert takes: round(n Factor/E), times K with <see cref="PerChoice"/>, where
/// n is the group's number of tokens that count; then at least <see cref="Minimum"/>, then up to a multiple of <see cref="Multiple"/>.
/// </summary>
/// <param name="Factor">Positive; with <see cref="PerChoice"/> 1 is just enough for balanced choices.</param>
public sealed record CapacitySpec(float Factor)
{
    /// <summary>Whether n is multiplied by K: GShard and V-MoE do, Mesh TensorFlow and Switch do not. Default: yes.</summary>
    public bool PerChoice { get; init; } = true;

    /// <summary>Default: up.</summary>
    public CapacityRounding Rounding { get; init; } = CapacityRounding.Up;

    /// <summary>Default 1.</summary>
    public int Minimum { get; init; } = 1;

    /// <summary>Default 1.</summary>
    public int Multiple { get; init; } = 1;

    /// <summary>Default: first choices first.</summary>
    public CapacityOrder Order { get; init; } = CapacityOrder.FirstChoices;

    /// <summary>Default: left to the residual stream.</summary>
    public CapacityOverflow Overflow { get; init; }

    /// <summary>Places of an expert.</summary>
    /// <param name="tokens">n.</param>
    /// <param name="chosen">K.</param>
    /// <param name="experts">E.</param>
    public int Places(int tokens, int chosen, int experts)
    {
        // A product of decimal factors may miss a whole number by its rounding alone: 10 · 1.1 is 11.
        var exact = Math.Round((double)(decimal)Factor * tokens * (PerChoice ? chosen : 1) / experts, 9);
        var places = Math.Max(Minimum, Rounding switch
        {
            CapacityRounding.Down => Math.Floor(exact),
            CapacityRounding.Up => Math.Ceiling(exact),
            _ => Math.Floor(exact + 0.5),
        });
        return (int)Math.Min(int.MaxValue, Math.Ceiling(places / Multiple) * Multiple);
    }
}

using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Training.Balance;

/// <summary>How a temperature comes down.</summary>
public enum TemperatureShape
{
    /// <summary>By a factor every step.</summary>
    Exponential,

    /// <summary>By a difference every step.</summary>
    Linear,
}

/// <summary>Logits of routers are divided by a temperature that goes to 1 while training, on top of what the model has.</summary>
public sealed record TemperatureOptions
{
    /// <summary>At the first step; above 1 routers are less certain than they will be.</summary>
    [Range(1e-3, 1e3)]
    public required double From { get; init; }

    /// <summary>Fraction of the steps after which it is 1.</summary>
    [Range(1e-6, 1.0)]
    public double Until { get; init; } = 0.5;

    /// <summary>On which way.</summary>
    public TemperatureShape Shape { get; init; }

    /// <summary>At a step, 0 being the first. Of the step alone.</summary>
    internal float At(int step, int steps)
    {
        var passed = Math.Min(1, step / Math.Ceiling(steps * Until));
        return (float)(Shape == TemperatureShape.Linear ? From + ((1 - From) * passed) : Math.Pow(From, 1 - passed));
    }
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Search;

/// <summary>How the experts of a layer are searched for.</summary>
public sealed record SearchOptions
{
    /// <summary>Tokens, evenly spread over the calibration text, that a choice is judged on.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 24)]
    public int Tokens { get; init; } = 8192;

    /// <summary>What is summed over them.</summary>
    public LayerLoss Loss { get; init; } = LayerLoss.SquaredError;

    /// <summary>naee: most subsets of a layer that are judged; a layer with more is refused.</summary>
    [Range(1, 1 << 30)]
    public int Limit { get; init; } = 20_000;

    /// <summary>moe_i2: choices that live at a time.</summary>
    [Range(2, 1 << 20)]
    public int Population { get; init; } = 100;

    /// <summary>moe_i2: how often the population is renewed.</summary>
    [Range(0, 1 << 20)]
    public int Generations { get; init; } = 50;

    /// <summary>moe_i2: part of the population that lives on and has children.</summary>
    [Range(0, 1)]
    public double Parents { get; init; } = 0.2;

    /// <summary>moe_i2: probability that a child swaps an expert.</summary>
    [Range(0, 1)]
    public double Mutation { get; init; } = 0.3;

    /// <summary>moe_i2: layers that are decided together (T).</summary>
    [Unit("layers")]
    [Range(1, 8)]
    public int Window { get; init; } = 3;

    /// <summary>moe_i2: best choices of each layer that windows are combined of (K); 1 takes each layer's best.</summary>
    [Range(1, 8)]
    public int Candidates { get; init; } = 3;

    internal GeneticOptions Genetic => new() { Population = Population, Generations = Generations, Parents = Parents, Mutation = Mutation };
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Tests.Recipes;

public enum SampleMethod { Random, TokenClusters, GateUp2D }

/// <summary>Every kind of key that options may have.</summary>
public sealed record SampleOptions : IValidatableObject
{
    /// <summary>Experts per layer.</summary>
    [Range(1, 256), Unit("experts")]
    public required int Experts { get; init; }

    /// <summary>Experts that a token uses.</summary>
    [Range(1, 256)]
    public int Chosen { get; init; } = 2;

    /// <summary>How neurons are grouped.</summary>
    public SampleMethod Method { get; init; } = SampleMethod.TokenClusters;

    /// <summary>Step of the optimiser.</summary>
    [Range(0.0, 1.0)]
    public double LearningRate { get; init; } = 1e-3;

    public float Noise { get; init; }

    public long Tokens { get; init; } = 65_536;

    public ulong? Salt { get; init; }

    public bool Renormalise { get; init; } = true;

    public string? Title { get; init; }

    /// <summary>Text to measure on.</summary>
    public SampleData Data { get; init; } = new() { Path = "docs" };

    public SampleGroups? Groups { get; init; }

    public IReadOnlyList<SampleData> Mixture { get; init; } = [];

    public IReadOnlyList<SampleMethod> Roles { get; init; } = [SampleMethod.Random];

    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Chosen > Experts)
            yield return new ValidationResult($"chosen is {Chosen}, more than the {Experts} experts there are", [nameof(Chosen)]);
    }
}

[Shorthand(nameof(Path))]
public sealed record SampleData
{
    /// <summary>A file or folder.</summary>
    public required string Path { get; init; }

    public long Tokens { get; init; } = 1000;
}

/// <summary>A record that is declared by its parameters.</summary>
/// <param name="Count">Needed.</param>
/// <param name="Kept">Not needed.</param>
public sealed record SampleGroups(int Count, int Kept = 2);

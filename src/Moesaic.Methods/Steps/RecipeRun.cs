namespace Moesaic.Methods.Steps;

/// <summary>A whole recipe, resolved: what <see cref="RecipePlanner"/> and <see cref="RecipeRunner"/> work on.</summary>
public sealed record RecipeRun
{
    /// <summary>The source checkpoint folder; never changed.</summary>
    public required string Model { get; init; }

    /// <summary>Folder for the result. Finished steps live in <see cref="WorkFolder"/> beside it.</summary>
    public required string Output { get; init; }

    /// <summary>The only source of randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The recipe with every default spelled out, as YAML; stored with the result.</summary>
    public required string RecipeText { get; init; }

    /// <summary>At least one step, in order.</summary>
    public required IReadOnlyList<RecipeStep> Steps { get; init; }

    /// <summary>Where steps keep state, reports and checkpoints: the output's name with ".work" added.</summary>
    public string WorkFolder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Output)) + ".work";
}

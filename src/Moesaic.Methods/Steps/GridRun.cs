namespace Moesaic.Methods.Steps;

/// <summary>The same recipe with different values, resolved.</summary>
public sealed record GridRun
{
    /// <summary>Folder of the comparison; cells write into folders inside it.</summary>
    public required string Output { get; init; }

    /// <summary>Figures that become columns, as verb.figure or number.verb.figure; empty: all.</summary>
    public required IReadOnlyList<string> Figures { get; init; }

    /// <summary>Curves that become charts, as verb.curve or number.verb.curve. Default: none.</summary>
    public IReadOnlyList<string> Plot { get; init; } = [];

    /// <summary>At least one, names unique.</summary>
    public required IReadOnlyList<(string Name, RecipeRun Run)> Cells { get; init; }
}

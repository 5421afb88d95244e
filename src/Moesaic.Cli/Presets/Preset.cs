using Moesaic.Cli.Recipes;

namespace Moesaic.Cli.Presets;

/// <summary>A published system as settings of steps: what stands in one file of the folder Systems.</summary>
sealed record Preset
{
    /// <summary>Name of the system, as its paper has it.</summary>
    public required string System { get; init; }

    /// <summary>Authors, year and sections.</summary>
    public required string Paper { get; init; }

    /// <summary>What makes it different, in a line.</summary>
    public required string Idea { get; init; }

    /// <summary>What the paper has otherwise, a sentence each.</summary>
    public IReadOnlyList<string> Deviates { get; init; } = [];

    /// <summary>Keys of the step create; null for what create has anyway.</summary>
    public PresetPart? Create { get; init; }

    /// <summary>Keys of the step train; likewise.</summary>
    public PresetPart? Train { get; init; }

    /// <summary>Keys of the step evaluate; likewise.</summary>
    public PresetPart? Evaluate { get; init; }

    /// <summary>The keys for a step, or null.</summary>
    public MapNode? Part(string verb) => verb switch
    {
        "create" => Create?.Node,
        "train" => Train?.Node,
        "evaluate" => Evaluate?.Node,
        _ => null,
    };
}

/// <summary>Options of a step, not yet bound: the recipe's own go over them.</summary>
sealed record PresetPart(MapNode Node);

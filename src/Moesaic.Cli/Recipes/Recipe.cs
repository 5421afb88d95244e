using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>A whole job: a model, what is done to it, where the result goes. Paths are relative to the current folder.</summary>
sealed record Recipe
{
    /// <summary>Version of the recipe format; this tool reads version 1.</summary>
    [Range(1, 1, ErrorMessage = "this tool reads recipes of version 1")]
    public required int Moesaic { get; init; }

    /// <summary>
    /// A published system, see moesaic recipes: its settings of the steps create, train and evaluate go under those that stand here.
    /// moesaic recipes show prints them.
    /// </summary>
    public string? Preset { get; init; }

    /// <summary>The source checkpoint: a Hugging Face folder with config.json and safetensors. It is never changed.</summary>
    [NotEmpty]
    public required string Model { get; init; }

    /// <summary>
    /// Folder for the result; it appears complete or not at all. Finished steps are kept in a folder beside it that is
    /// called the same with ".work" added.
    /// </summary>
    [NotEmpty]
    public required string Output { get; init; }

    /// <summary>The only source of randomness: the same recipe and seed give the same bytes for any number of threads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What is done, in order; each step is one verb with its options.</summary>
    [NotEmpty(ErrorMessage = "no steps; name at least one")]
    public required IReadOnlyList<RecipeItem> Steps { get; init; }

    /// <summary>The same steps with other values: every cell is a recipe with a folder inside output. Left out: the recipe is one run.</summary>
    public GridOptions? Grid { get; init; }

    /// <summary>The cells of the grid, multiplied out; none without one.</summary>
    internal IReadOnlyList<GridCell> Cells { get; init; } = [];

    /// <summary>The recipe with every default and override spelled out.</summary>
    public string ToYaml()
    {
        var steps = new JsonArray();
        foreach (var step in Steps) steps.Add((JsonNode)new JsonObject { [step.Kind.Verb] = OptionsJson.Of(step.Options) });
        return YamlWriter.Write(new JsonObject
        {
            ["moesaic"] = Moesaic, ["model"] = Model, ["output"] = Output, ["seed"] = Seed, ["steps"] = steps,
        });
    }
}

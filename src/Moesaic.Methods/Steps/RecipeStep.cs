using System.Text.Json.Nodes;

namespace Moesaic.Methods.Steps;

/// <summary>A step of a recipe, ready to be planned and run.</summary>
/// <param name="Verb">Its key in the recipe.</param>
/// <param name="Options">Every option with its value, for the report and to tell one run from another.</param>
/// <param name="Step">The step itself.</param>
public sealed record RecipeStep(string Verb, JsonObject Options, IStep Step);

using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>A step of a recipe with its options bound.</summary>
sealed record RecipeItem(StepKind Kind, object Options);

namespace Moesaic.Cli.Recipes;

/// <summary>One mapping of a grid: paths to values or lists of them, not yet multiplied out.</summary>
sealed record GridBlock(MapNode Node);

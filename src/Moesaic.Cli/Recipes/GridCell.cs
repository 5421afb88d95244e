namespace Moesaic.Cli.Recipes;

/// <summary>A cell of a grid: a whole recipe of its own.</summary>
/// <param name="Name">Unique in the grid; the name of its folder.</param>
/// <param name="Recipe">With the cell's values, its output inside that of the grid.</param>
sealed record GridCell(string Name, Recipe Recipe);

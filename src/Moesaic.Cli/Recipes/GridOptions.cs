using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>A recipe run many times with different values: every cell is a unit that is resumed or skipped by itself.</summary>
sealed record GridOptions
{
    /// <summary>
    /// Figures for the columns of the comparison, each verb.figure, such as train.held_out_loss; of several steps of a verb the
    /// last is meant, another is 2.train.held_out_loss. Left out: all.
    /// </summary>
    public IReadOnlyList<string> Figures { get; init; } = [];

    /// <summary>
    /// Curves for charts, each verb.curve, such as train.held_out_loss: a picture beside the comparison with a line a cell. Cells called alike
    /// but for -s1, -s2 at the end are seeds of one line. Left out: no charts.
    /// </summary>
    public IReadOnlyList<string> Plot { get; init; } = [];

    /// <summary>
    /// Values by their path, as --set takes them. A list of values makes a cell of each; several lists make all combinations. A
    /// value that is a list itself is written as a list in a list. The key name gives cells a name: text in which {path} stands
    /// for a value, by the end of its path.
    /// </summary>
    [NotEmpty(ErrorMessage = "no cells; give at least one mapping of paths to values")]
    public required IReadOnlyList<GridBlock> Cells { get; init; }
}

namespace Moesaic.Text.Jinja;

/// <summary>
/// Bounds on what rendering a template may cost, since templates come with models from strangers. Published templates
/// stay far below the defaults.
/// </summary>
/// <param name="MaxSteps">
/// Statements and expressions evaluated, plus one for every eight characters or list items produced on the way.
/// </param>
/// <param name="MaxDepth">Nesting of statements, expressions and macro calls while rendering.</param>
/// <param name="MaxLength">Characters of the output and of every string on the way.</param>
public sealed record JinjaLimits(long MaxSteps = 20_000_000, int MaxDepth = 400, int MaxLength = 16_000_000)
{
    /// <summary>The limits used where none are given.</summary>
    public static JinjaLimits Default { get; } = new();
}

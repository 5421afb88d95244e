using Moesaic.Formats;

namespace Moesaic.Extensions.AI;

/// <summary>Whether functions are to be called.</summary>
public enum ToolChoice
{
    /// <summary>As the model sees fit; a call that is none stays text.</summary>
    Auto,

    /// <summary>Not at all: the model does not get to know of them.</summary>
    None,

    /// <summary>One or more, whatever the seed.</summary>
    Required,
}

/// <summary>The functions a model may call in an answer.</summary>
public sealed record ToolSet
{
    /// <summary>Most calls that a grammar allows in one answer; a model that has to call would not find an end otherwise.</summary>
    public const int MostCalls = 16;

    /// <summary>Puts functions together.</summary>
    /// <param name="functions">One or more.</param>
    /// <param name="choice">Whether to call.</param>
    /// <param name="required">With <see cref="ToolChoice.Required"/>: the only one to call; null for any.</param>
    /// <param name="parallel">Whether one answer may have several calls.</param>
    /// <exception cref="BadRequestException">There are none, two of the same name, or none of the required name.</exception>
    public ToolSet(IReadOnlyList<ToolFunction> functions, ToolChoice choice = ToolChoice.Auto, string? required = null, bool parallel = true)
    {
        if (functions.Count == 0) throw new BadRequestException("The list of functions is empty; leave it out to have none.");
        if (functions.CountBy(f => f.Name).FirstOrDefault(n => n.Value > 1) is { Key: { } twice })
            throw new BadRequestException($"Two functions are called {twice}.");
        if (required is not null && functions.All(f => f.Name != required))
            throw new BadRequestException($"The function {required} has to be called, but is not among those given: {string.Join(", ", functions.Select(f => f.Name))}.");
        if (required is not null && choice != ToolChoice.Required) throw new ArgumentException("a required function goes with the choice Required", nameof(required));
        (Functions, Choice, Required, Parallel) = (functions, choice, required, parallel);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<ToolFunction> Functions { get; }

    /// <summary>Whether to call.</summary>
    public ToolChoice Choice { get; }

    /// <summary>The only one to call, or null.</summary>
    public string? Required { get; }

    /// <summary>Whether one answer may have several calls.</summary>
    public bool Parallel { get; }

    /// <summary>Those that may be called in this answer.</summary>
    internal IEnumerable<ToolFunction> Callable => Required is null ? Functions : Functions.Where(f => f.Name == Required);
}

using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Data;

/// <summary>Text as one of several domains.</summary>
[Shorthand(nameof(Path))]
public record NamedDataOptions : DataOptions
{
    /// <summary>What reports call it. Left out: the path.</summary>
    public string? Name { get; init; }

    internal string Title => Name ?? Path;
}

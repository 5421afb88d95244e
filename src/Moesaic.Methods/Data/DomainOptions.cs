using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Data;

/// <summary>Text that a step learns from, as a domain of a mix.</summary>
[Shorthand(nameof(Path))]
public sealed record DomainOptions : NamedDataOptions
{
    /// <summary>
    /// Share of the tokens read, in proportion to the other weights. Every entry has one, or none has: then all entries are joined
    /// and read in one order, each as often as the others.
    /// </summary>
    [Range(1e-9, 1e9)]
    public double? Weight { get; init; }

    /// <summary>
    /// Text of the same kind that is never learned, read as this entry is: the domain's loss on it is measured and reported. Of
    /// dotnet-docs it is the held-out part.
    /// </summary>
    public string? HeldOut { get; init; }

    /// <summary>Read about so many tokens of <see cref="HeldOut"/>. Left out: all.</summary>
    [Unit("tokens")]
    [Range(1, long.MaxValue)]
    public long? HeldOutTokens { get; init; }

    internal DataOptions? HeldOutData =>
        HeldOut is null ? null : this with { Path = HeldOut, Part = null, Tokens = HeldOutTokens };
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>Options of the step "routes": who gets which tokens in a mixture of experts.</summary>
public sealed record RoutesStepOptions : IValidatableObject
{
    /// <summary>Text to read, each entry a domain of its own; of dotnet-docs the held-out part unless it says otherwise.</summary>
    [Required]
    public required IReadOnlyList<NamedDataOptions> Data { get; init; }

    /// <summary>Of every entry of data that does not say how much, about so many tokens. Left out: all.</summary>
    [Unit("tokens")]
    [Range(1, long.MaxValue)]
    public long? Tokens { get; init; }

    /// <summary>Longest window of text the model sees at once. Left out: the model's context, at most 2,048.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int? Context { get; init; }

    /// <summary>
    /// Earlier checkpoints of the same model, in order: how many of the routers' choices each makes already (router saturation). Each reads
    /// the same text.
    /// </summary>
    public IReadOnlyList<string> Against { get; init; } = [];

    /// <summary>A text to show with every token in the colour of its expert.</summary>
    public ColouredTextOptions? Text { get; init; }

    /// <summary>The layer whose tokens and coloured text the report shows; the page and routes.json have all. Left out: the one in the middle.</summary>
    [Range(0, int.MaxValue)]
    public int? Layer { get; init; }

    /// <summary>Tokens that are listed for every expert.</summary>
    [Unit("tokens")]
    [Range(1, 1000)]
    public int Top { get; init; } = 8;

    /// <summary>
    /// Token ids that stand in fewer places do not count where it matters how often an expert gets an id, nor experts with fewer tokens where
    /// it matters what goes together: one place alone is always 100 %.
    /// </summary>
    [Unit("places")]
    [Range(1, int.MaxValue)]
    public int LeastPlaces { get; init; } = 10;

    /// <summary>
    /// Let routers select and limit as they do in training, without its noise: the way to see what a capacity drops that only training has. A
    /// pass of 8 windows then shares the places.
    /// </summary>
    public bool AsInTraining { get; init; }

    /// <summary>A file to write the page to as well; the output has it as routes/routes.html.</summary>
    public string? Html { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Data.Count == 0) yield return new("data: at least one text is needed", [nameof(Data)]);
        foreach (var twice in Data.GroupBy(d => d.Title, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return new($"data: {twice.Key} is there twice; give each entry a name of its own", [nameof(Data)]);
        if (Text is { Text.Length: 0 }) yield return new("text is empty: there is no token to colour", [nameof(Text)]);
    }
}

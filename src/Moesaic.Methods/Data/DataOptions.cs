using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Data;

/// <summary>Which text a step reads.</summary>
[Shorthand(nameof(Path))]
public record DataOptions
{
    /// <summary>The name of the corpus that comes with the .NET SDK, as <see cref="Path"/>: its API documentation.</summary>
    public const string DotnetDocs = "dotnet-docs";

    /// <summary>
    /// A file or folder of text (.txt, .jsonl, .ndjson, .json), or dotnet-docs for the API documentation that the .NET SDK
    /// brings. A folder that happens to have that name is ./dotnet-docs.
    /// </summary>
    [Required]
    public required string Path { get; init; }

    /// <summary>
    /// Which part of dotnet-docs: train, or held_out (whole namespaces that train never shows). Left out: train for
    /// learning and calibrating, held_out for measuring. A path has no parts.
    /// </summary>
    public CorpusSplit? Part { get; init; }

    /// <summary>dotnet-docs: questions and answers as conversations instead of the texts.</summary>
    public bool Chat { get; init; }

    /// <summary>
    /// Conversations: every assistant turn becomes a sample of its own. Needed by chat templates that write past turns
    /// differently. Otherwise a conversation is one sample.
    /// </summary>
    public bool OneTurnPerSample { get; init; }

    /// <summary>How .txt files are cut into documents. Default: at every &lt;|endoftext|&gt;.</summary>
    public TextSplit Split { get; init; } = TextSplit.EndOfText;

    /// <summary>
    /// Read about so many tokens: whole documents in an order drawn by the seed until the number is reached. Left out: all, in
    /// the order of the data.
    /// </summary>
    [Unit("tokens")]
    [Range(1, long.MaxValue)]
    public long? Tokens { get; init; }

    /// <summary>How many to expect where the text was not read: the limit, or a million.</summary>
    internal long ExpectedTokens => Tokens ?? 1_000_000;

    /// <summary>
    /// The task of this text, one of those that the model's routers decide by; needed by such a model and refused by any other.
    /// </summary>
    public string? Task { get; init; }

    internal bool IsDotnetDocs => Path == DotnetDocs;
}

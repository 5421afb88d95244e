using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Construction.Creation;

/// <summary>
/// Options of the step "create": a new model with random weights and a tokenizer of its own. The shape is the config.json
/// in the recipe's model folder, which needs no weights.
/// </summary>
public sealed record CreateStepOptions
{
    /// <summary>Text that the byte-level BPE tokenizer is learned from; several entries are joined.</summary>
    [NotEmpty(ErrorMessage = "no data; name at least one file, folder or corpus")]
    public required IReadOnlyList<DataOptions> Data { get; init; }

    /// <summary>The token that opens a text.</summary>
    [NotEmpty]
    public string Bos { get; init; } = "<|begin_of_text|>";

    /// <summary>The token that ends a text; it also fills batches.</summary>
    [NotEmpty]
    public string Eos { get; init; } = "<|end_of_text|>";

    /// <summary>Further special tokens, such as those of a chat template.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Mixtures in the place of dense feed-forwards. Left out: the layers are as config.json says.</summary>
    public MixtureOptions? Mixture { get; init; }

    /// <summary>Standard deviation of the weights; projections into the residual stream get it divided by √(2 · layers).</summary>
    [Range(1e-6, 10.0)]
    public double Deviation { get; init; } = 0.02;

    /// <summary>Number type of the written checkpoint.</summary>
    public TensorType Type { get; init; } = TensorType.F32;
}

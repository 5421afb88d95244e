using Moesaic.Formats;

namespace Moesaic.Models.Gguf;

/// <summary>
/// A layout named by general.architecture: how the keys of a GGUF file say what a <see cref="ModelSpec"/> says. Tensor names
/// are the same in all (<see cref="GgufTensors"/>). To add one, implement this and list it in <see cref="GgufArchitectures"/>.
/// </summary>
interface IGgufArchitecture
{
    /// <summary>general.architecture, which also begins the names of its keys.</summary>
    string Name { get; }

    /// <summary>
    /// Whether rotary pairs are neighbours (2i, 2i+1) instead of halves (i, i+d/2): rows of queries and keys are then stored
    /// in another order, see <see cref="RotaryRows"/>.
    /// </summary>
    bool NeighbouringPairs { get; }

    /// <summary>Whether a key holds <see cref="RouterSpec.Scale"/>; otherwise it is folded into the experts' down projections.</summary>
    bool CarriesScale => false;

    /// <summary>The name of the norm before the feed-forward.</summary>
    string FeedForwardNorm => "ffn_norm";

    /// <summary>Whether its readers hide what lies outside a sliding window.</summary>
    bool CarriesWindow => false;

    /// <summary>Reads attention and feed-forward of each layer.</summary>
    /// <exception cref="BadModelException">A key is missing, wrong, or asks for something not implemented.</exception>
    IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys);

    /// <summary>Null when the keys can say this shape exactly (scales folded), else the feature that they cannot.</summary>
    string? WhyNot(ModelSpec spec);

    /// <summary>Writes what <see cref="ReadLayers"/> reads, for a shape that <see cref="WhyNot"/> accepts.</summary>
    void WriteLayers(ModelSpec spec, GgufKeys keys);
}

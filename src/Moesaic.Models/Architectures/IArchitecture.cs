using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// A checkpoint layout named by Hugging Face's model_type: how config.json and tensor names say what a
/// <see cref="ModelSpec"/> says.
/// </summary>
public interface IArchitecture
{
    /// <summary>model_type, which is also the name of the file; a name of its own where two layouts share one.</summary>
    string ModelType { get; }

    /// <summary>Whether a config.json is of this layout.</summary>
    bool Reads(HfConfig config) => config.ModelType == ModelType;

    /// <summary>Whether config.json can hold <see cref="RouterSpec.Scale"/>; otherwise it is folded into the experts' down projections.</summary>
    bool CarriesScale => false;

    /// <summary>Whether routed experts may have biases and cut off large values; others are not asked about such shapes.</summary>
    bool CarriesExpertBias => false;

    /// <summary>Whether feed-forwards may have other activations than SwiGLU, and shared experts a mix; others are not asked about such shapes.</summary>
    bool CarriesForms => false;

    /// <summary>
    /// Whether the experts of a layer lie in two tensors [E, D, 2F] and [E, F, D] with two vectors beside them, where gates and ups
    /// take turns, see <see cref="Loading.InterleavedExperts"/>.
    /// </summary>
    bool InterleavesExperts => false;

    /// <summary>What models of this layout were compared with; a test holds every claim to its golden files.</summary>
    Oracles VerifiedBy { get; }

    /// <summary>Whether other programs read it by its authors' model code alone, which is no part of a folder that is written.</summary>
    bool NeedsCode => false;

    /// <summary>Reads the shape.</summary>
    /// <exception cref="BadModelException">A key is missing, wrong, or asks for something not implemented.</exception>
    ModelSpec ReadSpec(HfConfig config);

    /// <summary>Null when this layout holds the shape exactly (scales folded), else the reason why it does not.</summary>
    string? WhyNot(ModelSpec spec);

    /// <summary>config.json for a shape that <see cref="WhyNot"/> accepts.</summary>
    JsonObject WriteConfig(ModelSpec spec, TensorType type);

    /// <summary>The tensor that holds a parameter, see <see cref="ModelParameter.Name"/>.</summary>
    string TensorName(string parameter) => parameter;

    /// <summary>Why a tensor that no parameter has takes no part in the model and is skipped with a note; null when it would be missed.</summary>
    string? WhyIgnored(ModelSpec spec, string tensor) => null;
}

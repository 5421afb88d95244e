using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>What a parameter is for. Training selects parameters by role, never by parts of their names.</summary>
public enum ParameterRole
{
    /// <summary>The embedding table (with tied embeddings the head too).</summary>
    Embeddings,

    /// <summary>The vocabulary projection, when it is not the embedding table.</summary>
    Head,

    /// <summary>Projections of attention.</summary>
    Attention,

    /// <summary>Projections of a dense feed-forward.</summary>
    FeedForward,

    /// <summary>Router weights.</summary>
    Router,

    /// <summary>
    /// Biases on the selection of experts (<see cref="RouterSpec.SelectionBias"/>). No gradient reaches them; they are
    /// stored as float32, since steps as small as 0.001 would vanish in half precision.
    /// </summary>
    SelectionBias,

    /// <summary>Projections of routed experts.</summary>
    Experts,

    /// <summary>Projections of shared experts, and their gate.</summary>
    SharedExperts,

    /// <summary>Weights of norms.</summary>
    Norms,
}

/// <summary>A named parameter. Names are those of Hugging Face's LLaMA and DeepSeek layouts; other architectures rename.</summary>
/// <param name="Name">For example model.layers.0.mlp.experts.3.gate_proj.weight.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Matrix">The weights; a vector is one row.</param>
public sealed record ModelParameter(string Name, ParameterRole Role, WeightMatrix Matrix)
{
    /// <summary>
    /// Whether this is a vector (norms, biases): the checkpoint stores one dimension and weight decay leaves it alone. A matrix of
    /// one row is none.
    /// </summary>
    public bool IsVector { get; init; }

    /// <summary>The weights as float32, to train or change them.</summary>
    /// <exception cref="InvalidOperationException">They are encoded.</exception>
    public Tensor Value => Matrix.Dense;
}

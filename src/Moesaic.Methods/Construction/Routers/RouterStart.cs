namespace Moesaic.Methods.Construction.Routers;

/// <summary>
/// What a router starts as. Those made of tokens or neurons are scaled to the sharpness asked for; zeros, normal and uniform are as
/// published. With the two-layer score they become the first layer, less their mean, and the second is the identity: tanh rises, and so
/// every token ranks the experts as the linear router does.
/// </summary>
public enum RouterStart
{
    /// <summary>
    /// Centroids of the tokens each expert is for: those of its cluster when the method clusters tokens, otherwise those on which
    /// it has the most energy. See <see cref="CentroidForm"/>.
    /// </summary>
    Centroids,

    /// <summary>All experts equal: the first of a token are the first of the layer until training tells them apart.</summary>
    Zeros,

    /// <summary>Normal numbers of deviation 0.02 (LLaMA-MoE v1).</summary>
    Normal,

    /// <summary>Uniform numbers in ±1/√D (LLaMA-MoE v2's router without clusters).</summary>
    Uniform,

    /// <summary>What as many random calibration tokens read, each once.</summary>
    RandomFeatures,

    /// <summary>The mean of the expert's rows of the gate projection, each of length 1 (MoEfication, Zhang et al. 2022).</summary>
    NeuronMeans,

    /// <summary>
    /// With activation_clusters and the score swiglu: the gate and up rows of the neuron that is most typical for the expert, each of length 1
    /// (CMoE, Pei et al. 2025, section 3.3).
    /// </summary>
    Representatives,

    /// <summary>
    /// Neuron means, trained on calibration tokens to choose the experts that have the most energy. See <see cref="Routers.RouterTraining"/>.
    /// </summary>
    Trained,
}

using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;

namespace Moesaic.Methods.Demo;

/// <summary>Settings of <see cref="DemoRun"/>. The defaults fit three minutes on two cores.</summary>
public sealed record DemoOptions
{
    /// <summary>Folder of the dense model.</summary>
    public required string Model { get; init; }

    /// <summary>Folder for the mixture.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a model folder that is already there is replaced, instead of refused. Default false.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Seed of the split, of the order of the data and of the generated text.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Routed experts per layer, E.</summary>
    public int Experts { get; init; } = 8;

    /// <summary>Experts per token, K.</summary>
    public int Chosen { get; init; } = 2;

    /// <summary>How neurons are divided.</summary>
    public SplitMethod Method { get; init; } = SplitMethod.TokenClusters;

    /// <summary>
    /// Sharpness of the routers that the split makes. Sharper ones lose more before post-training and less after it; the
    /// split by itself is best with a lower one.
    /// </summary>
    public double Sharpness { get; init; } = 1;

    /// <summary>Tokens that the mixture and the dense control are each trained on.</summary>
    public long TrainTokens { get; init; } = 524_288;

    /// <summary>Tokens of held-out text that every model is measured on.</summary>
    public long HeldOutTokens { get; init; } = 40_960;

    /// <summary>Tokens that the split is calibrated on.</summary>
    public long CalibrationTokens { get; init; } = 32_768;

    /// <summary>Length of a training block and of a held-out window, tokens.</summary>
    public int Context { get; init; } = 256;

    /// <summary>Blocks per optimiser step.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Highest learning rate of the post-training.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>What the result writes after.</summary>
    public string Prompt { get; init; } = "List<T>.Add(T item)\n";
}

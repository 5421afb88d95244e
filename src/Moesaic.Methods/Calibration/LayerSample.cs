using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>What one mixture layer reads for a sample of T tokens.</summary>
/// <param name="Inputs">[T, D]: what router and experts read.</param>
/// <param name="Logits">[T, E]: the router's scores, slot 2, before any transform.</param>
/// <param name="Batches">T numbers, from 0, that do not fall: the batch of calibration text that a token came in.</param>
/// <param name="Targets">[T, D]: what the layer should give, or null for what it gives itself.</param>
public sealed record LayerSample(Tensor Inputs, Tensor Logits, int[] Batches, Tensor? Targets = null) : IDisposable
{
    /// <summary>A sample of one batch for a router that reads the token alone.</summary>
    /// <param name="layer">The mixture.</param>
    /// <param name="inputs">[T, D]; becomes the sample's.</param>
    public static LayerSample Of(MixtureFeedForward layer, Tensor inputs)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return new LayerSample(inputs, Scores(workspace, layer, inputs, NoTokens).Clone(), new int[inputs.Rows]);
    }

    /// <summary>The router's scores of a pass, [T, E], before any transform.</summary>
    public static Tensor Scores(Workspace workspace, MixtureFeedForward layer, Tensor x, PassInput input) =>
        layer.Router.Score.Logits(workspace, layer.Router.Key is { } key ? key.Of(workspace, x, input) : x);

    /// <summary>For layers that look at nothing but their rows.</summary>
    internal static PassInput NoTokens { get; } = new()
    {
        Tokens = ReadOnlyMemory<int>.Empty, Positions = ReadOnlyMemory<int>.Empty, Segments = ReadOnlyMemory<AttentionSegment>.Empty,
    };

    /// <summary>Frees the rows.</summary>
    public void Dispose()
    {
        Inputs.Dispose();
        Logits.Dispose();
        Targets?.Dispose();
    }
}

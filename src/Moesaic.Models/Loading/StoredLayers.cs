using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>
/// A stored model in pieces: one layer, or embedding and head, as a small model with float32 weights of its own, so that work
/// that goes layer by layer needs no more memory than a layer. What a piece leaves out cannot be used.
/// </summary>
public sealed class StoredLayers : IDisposable
{
    const string First = "model.layers.0.";

    readonly StoredWeights weights;

    StoredLayers(StoredWeights weights) => this.weights = weights;

    /// <summary>The shape of the whole.</summary>
    public ModelSpec Spec => weights.Spec;

    /// <summary>The stored weights.</summary>
    public StoredWeights Weights => weights;

    /// <summary>Opens a model; no weights are read.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    /// <exception cref="BadModelException">It is damaged, its architecture unknown, or weights are missing, left over or misshapen.</exception>
    public static StoredLayers Open(string path) => new(StoredWeights.Open(path));

    /// <summary>A model of one layer, which has the number 0 in it; without embedding and head.</summary>
    /// <param name="layer">Number of the layer in the whole.</param>
    /// <returns>A model that the caller disposes.</returns>
    /// <exception cref="BadModelException">A weight is NaN or infinite.</exception>
    public Model Layer(int layer) => Read(Spec with { Layers = [Spec.Layers[layer]] },
        name => name.StartsWith(First, StringComparison.Ordinal) ? $"model.layers.{layer}.{name[First.Length..]}" : null);

    /// <summary>The embedding alone, as a model without layers and head.</summary>
    /// <returns>A model that the caller disposes.</returns>
    public Model Embedding() => Read(Spec with { Layers = [] }, name => name == "lm_head.weight" ? null : name);

    /// <summary>The last norm and the head alone, as a model without layers and (unless the head is the embedding) without embedding.</summary>
    /// <returns>A model that the caller disposes.</returns>
    public Model Head() => Read(Spec with { Layers = [] }, name => name == "model.embed_tokens.weight" && !Spec.TiedEmbeddings ? null : name);

    // The name in the whole of what is called so in the piece; null: left out.
    Model Read(ModelSpec piece, Func<string, string?> wanted)
    {
        var model = new Model(piece, (name, _, rows, columns) =>
        {
            if (wanted(name) is not { } stored) return new AbsentMatrix(rows, columns);
            var (matrix, parameter) = (new Tensor(rows, columns), weights.Find(stored));
            weights.Read(parameter, 0, matrix.Span);
            weights.Release(parameter);
            return matrix;
        });
        foreach (var vector in model.Parameters.Where(p => p.IsVector))
            if (wanted(vector.Name) is { } stored) weights.Read(weights.Find(stored), 0, vector.Value.Span);
        return model;
    }

    /// <summary>Closes the files; pieces that were taken stay.</summary>
    public void Dispose() => weights.Dispose();
}

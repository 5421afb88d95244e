using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>A stored model in pieces, read from disk when they are asked for.</summary>
public sealed class StoredLayers : ModelPieces
{
    const string First = "model.layers.0.";

    readonly StoredWeights weights;

    StoredLayers(StoredWeights weights) => this.weights = weights;

    /// <inheritdoc/>
    public override ModelSpec Spec => weights.Spec;

    /// <summary>The stored weights.</summary>
    public StoredWeights Weights => weights;

    /// <summary>Opens a model; no weights are read.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    /// <exception cref="BadModelException">It is damaged, its architecture unknown, or weights are missing, left over or misshapen.</exception>
    public static StoredLayers Open(string path) => new(StoredWeights.Open(path));

    /// <summary>Opens a part of a model: what goes is never read.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    /// <param name="selection">What stays; null: everything.</param>
    /// <param name="policies">What takes the place of its routing policies; null: nothing.</param>
    /// <exception cref="BadModelException">As of <see cref="Open(string)"/>.</exception>
    /// <exception cref="BadRequestException">The selection does not fit the model, or a policy a router; see <see cref="SelectedWeights"/>.</exception>
    public static StoredLayers Open(string path, ExpertSelection? selection, RoutingPolicies? policies = null) =>
        new(new SelectedWeights(StoredWeights.Open(path), selection, policies));

    /// <inheritdoc/>
    /// <exception cref="BadModelException">A weight is NaN or infinite.</exception>
    public override Model Layer(int layer) => Read(Spec with { Layers = [Spec.Layers[layer]] },
        name => name.StartsWith(First, StringComparison.Ordinal) ? $"model.layers.{layer}.{name[First.Length..]}" : null);

    /// <inheritdoc/>
    public override Model Embedding() => Read(Spec with { Layers = [] }, name => name == "lm_head.weight" ? null : name);

    /// <inheritdoc/>
    public override Model Head() => Read(Spec with { Layers = [] }, name => name == "model.embed_tokens.weight" && !Spec.TiedEmbeddings ? null : name);

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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) weights.Dispose();
    }
}

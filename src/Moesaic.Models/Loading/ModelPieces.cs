using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>
/// A model in pieces: one layer, or embedding and head, as a small model with float32 weights of its own, so that work that goes
/// layer by layer needs no more memory than a layer. What a piece leaves out cannot be used.
/// </summary>
public abstract class ModelPieces : IDisposable
{
    /// <summary>The shape of the whole.</summary>
    public abstract ModelSpec Spec { get; }

    /// <summary>A model of one layer, which has the number 0 in it; without embedding and head.</summary>
    /// <param name="layer">Number of the layer in the whole.</param>
    /// <returns>A model that the caller disposes.</returns>
    public abstract Model Layer(int layer);

    /// <summary>The embedding alone, as a model without layers and head.</summary>
    /// <returns>A model that the caller disposes.</returns>
    public abstract Model Embedding();

    /// <summary>The last norm and the head alone, as a model without layers and (unless the head is the embedding) without embedding.</summary>
    /// <returns>A model that the caller disposes.</returns>
    public abstract Model Head();

    /// <summary>The whole model in memory, with float32 weights of its own.</summary>
    /// <returns>A model that the caller disposes.</returns>
    public Model Whole()
    {
        var whole = new Model(Spec, (_, _, rows, columns) => new Tensor(rows, columns));
        try
        {
            var parameters = whole.Parameters.ToLookup(p => IsOfLayer(p.Name, out var layer, out _) ? layer : -1);
            foreach (var piece in new Func<Model>[] { Embedding, Head }) Fill(parameters[-1], piece);
            for (var l = 0; l < Spec.Layers.Count; l++)
            {
                var layer = l;
                Fill(parameters[l], () => Layer(layer));
            }
            return whole;
        }
        catch
        {
            whole.Dispose();
            throw;
        }

        static void Fill(IEnumerable<ModelParameter> parameters, Func<Model> take)
        {
            using var piece = take();
            var there = piece.Parameters.ToDictionary(p => p.Name, p => p.Matrix, StringComparer.Ordinal);
            foreach (var parameter in parameters)
            {
                IsOfLayer(parameter.Name, out _, out var name);
                if (there.GetValueOrDefault(name) is Tensor from) from.Span.CopyTo(parameter.Value.Span);
            }
        }
    }

    /// <summary>Which layer a parameter of the whole belongs to, and what it is called in the piece of that layer.</summary>
    /// <param name="name">See <see cref="ModelParameter.Name"/>.</param>
    /// <param name="layer">The layer; −1 when it belongs to none.</param>
    /// <param name="inPiece">The name with the layer's number 0.</param>
    public static bool IsOfLayer(string name, out int layer, out string inPiece)
    {
        const string Layers = "model.layers.";
        (layer, inPiece) = (-1, name);
        if (!name.StartsWith(Layers, StringComparison.Ordinal)) return false;
        var end = name.IndexOf('.', Layers.Length);
        layer = int.Parse(name.AsSpan(Layers.Length, end - Layers.Length), System.Globalization.CultureInfo.InvariantCulture);
        inPiece = $"{Layers}0{name[end..]}";
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what pieces are made from; pieces that were taken stay.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

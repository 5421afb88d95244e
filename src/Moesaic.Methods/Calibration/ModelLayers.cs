using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>A model seen layer by layer: whole in memory, or read from disk or made one layer at a time. The same numbers either way.</summary>
public abstract class ModelLayers : IDisposable
{
    /// <summary>The shape of the whole.</summary>
    public abstract ModelSpec Spec { get; }

    /// <summary>Highest bytes of weights in memory while two models of a shape are walked side by side, for plans.</summary>
    public static long PeakBytes(ModelSpec spec)
    {
        var ends = ParameterCounts.Of(spec with { Layers = [] }).Total;
        var layer = spec.Layers.Max(layer => ParameterCounts.Of(spec with { Layers = [layer] }).Total - ends);
        return sizeof(float) * Math.Max(2 * layer, (long)spec.VocabularySize * spec.Width);
    }

    /// <summary>A model in memory, which stays the caller's.</summary>
    /// <param name="model">Its parameters lose their wish for gradients.</param>
    /// <param name="owned">Whether it is disposed with this.</param>
    public static ModelLayers Of(Model model, bool owned = false)
    {
        foreach (var parameter in model.Parameters.Where(p => p.Matrix is Tensor)) parameter.Value.NeedsGradient = false;
        return new Resident(model, owned);
    }

    /// <summary>A stored model.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    public static ModelLayers Open(string path) => new Streamed(StoredLayers.Open(path), owned: true);

    /// <summary>Any model in pieces.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="owned">Whether they are disposed with this.</param>
    public static ModelLayers Of(ModelPieces pieces, bool owned) => new Streamed(pieces, owned);

    /// <summary>A layer, valid until another piece is asked for.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="positions">Positions its attention must know.</param>
    public abstract Block Layer(int layer, int positions);

    /// <summary>A model whose embedding can be used, valid until another piece is asked for.</summary>
    public abstract Model Embedding();

    /// <summary>A model whose last norm and head can be used, valid until another piece is asked for.</summary>
    public abstract Model Head();

    /// <summary>The dense feed-forward of a layer.</summary>
    /// <exception cref="BadModelException">The layer is a mixture.</exception>
    public static DenseFeedForward FeedForward(Block block, int layer) => block.FeedForward as DenseFeedForward
        ?? throw new BadModelException($"Layer {layer} is a mixture of experts already; this needs a dense model.");

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    sealed class Resident(Model model, bool owned) : ModelLayers
    {
        public override ModelSpec Spec => model.Spec;

        public override Block Layer(int layer, int positions)
        {
            model.EnsurePositions(positions);
            return model.Blocks[layer];
        }

        public override Model Embedding() => model;

        public override Model Head() => model;

        public override void Dispose()
        {
            if (owned) model.Dispose();
        }
    }

    sealed class Streamed(ModelPieces stored, bool owned) : ModelLayers
    {
        Model? piece;

        public override ModelSpec Spec => stored.Spec;

        public override Block Layer(int layer, int positions)
        {
            var model = Take(() => stored.Layer(layer));
            model.EnsurePositions(positions);
            return model.Blocks[0];
        }

        public override Model Embedding() => Take(stored.Embedding);

        public override Model Head() => Take(stored.Head);

        Model Take(Func<Model> read)
        {
            piece?.Dispose();
            piece = null;       // two are never there together
            return piece = read();
        }

        public override void Dispose()
        {
            piece?.Dispose();
            piece = null;
            if (owned) stored.Dispose();
        }
    }
}

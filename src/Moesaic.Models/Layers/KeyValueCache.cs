using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Keys and values of earlier tokens, per layer a matrix of rows. Who owns which rows is the caller's business.</summary>
public sealed class KeyValueCache : IDisposable
{
    readonly Tensor[] keys, values;

    /// <summary>Makes room for <paramref name="rows"/> tokens in every layer.</summary>
    public KeyValueCache(ModelSpec spec, int rows)
    {
        Rows = rows;
        Tensor Make(LayerSpec layer) => new(rows, layer.Attention.KeyValueHeads * layer.Attention.HeadDim);
        keys = [.. spec.Layers.Select(Make)];
        values = [.. spec.Layers.Select(Make)];
    }

    /// <summary>Number of tokens that fit.</summary>
    public int Rows { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => keys.Concat(values).Sum(t => (long)t.Count * sizeof(float));

    /// <summary>[Rows, Hkv·headDim] of a layer.</summary>
    public Tensor Keys(int layer) => keys[layer];

    /// <summary>[Rows, Hkv·headDim] of a layer.</summary>
    public Tensor Values(int layer) => values[layer];

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (var tensor in keys) tensor.Dispose();
        foreach (var tensor in values) tensor.Dispose();
    }
}

namespace Moesaic.Formats;

/// <summary>
/// Which tensors go into which weights file: in order, a new file whenever the next tensor would not fit.
/// </summary>
static class ShardPlan
{
    internal static IReadOnlyList<(string File, IReadOnlyList<TensorSource> Tensors)> Make(
        IReadOnlyList<TensorSource> tensors, long maxShardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        var shards = new List<List<TensorSource>> { new() };
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && tensor.ByteLength > maxShardBytes - bytes)
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(tensor);
            bytes += tensor.ByteLength;
        }
        if (shards.Count == 1) return [(TensorStore.SingleFileName, shards[0])];
        return [.. shards.Select((shard, i) =>
            ($"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors", (IReadOnlyList<TensorSource>)shard))];
    }
}

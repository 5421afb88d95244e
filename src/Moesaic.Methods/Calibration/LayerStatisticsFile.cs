using System.Runtime.InteropServices;
using Moesaic.Formats;

namespace Moesaic.Methods.Calibration;

/// <summary>The statistics of a layer as named arrays of a safetensors file: sums as F64, counts as I64.</summary>
static class LayerStatisticsFile
{
    const int Bins = ShareHistogram.Bins;

    /// <summary>The arrays of a layer.</summary>
    /// <param name="prefix">Before every name.</param>
    /// <param name="layer">The layer.</param>
    public static IEnumerable<TensorSource> Tensors(string prefix, LayerStatistics layer)
    {
        var residual = layer.Residual;
        yield return Counts($"{prefix}residual.tokens", [residual.Tokens], 1);
        yield return Sums($"{prefix}residual.cosines", [residual.Attention, residual.FeedForward, residual.Block], 3);
        if (layer.Experts is { } experts)
            foreach (var tensor in Router($"{prefix}experts.", experts).Concat(Experts($"{prefix}experts.", experts))) yield return tensor;
        if (layer.Attention is { } attention)
            foreach (var tensor in Router($"{prefix}attention.", attention)) yield return tensor;
    }

    static IEnumerable<TensorSource> Router(string prefix, RouterStatistics s)
    {
        yield return Counts($"{prefix}tokens", [s.Tokens], 1);
        yield return Counts($"{prefix}routed", s.Routed, s.Experts);
        yield return Sums($"{prefix}gates", s.Gates, s.Experts);
        yield return Sums($"{prefix}gate_shares", s.GateShares, s.Experts);
        yield return Sums($"{prefix}chosen_probabilities", s.ChosenProbabilities, s.Experts);
        yield return Sums($"{prefix}probabilities", s.Probabilities, s.Experts);
        yield return Counts($"{prefix}co_activation", s.CoActivation, s.Experts, s.Experts);
        yield return Sums($"{prefix}logit_gram", s.LogitGram, s.Experts, s.Experts);
        yield return Counts($"{prefix}ratios", s.Ratios, s.Places - 1, Bins);
        yield return Counts($"{prefix}cumulative_shares", s.CumulativeShares, s.Places, Bins);
    }

    static IEnumerable<TensorSource> Experts(string prefix, ExpertStatistics s)
    {
        foreach (var tensor in Outputs($"{prefix}outputs.", s.Outputs)) yield return tensor;
        if (s.AllOutputs is not { } all) yield break;
        foreach (var tensor in Outputs($"{prefix}all_outputs.", all)) yield return tensor;
    }

    static IEnumerable<TensorSource> Outputs(string prefix, OutputStatistics s)
    {
        yield return Counts($"{prefix}rows", s.Rows, s.Experts);
        yield return Sums($"{prefix}norms", s.Norms, s.Experts);
        yield return Sums($"{prefix}squared_norms", s.SquaredNorms, s.Experts);
        yield return Sums($"{prefix}gated_norms", s.GatedNorms, s.Experts);
        yield return Sums($"{prefix}largest", s.Largest, s.Experts);
        yield return Sums($"{prefix}sums", s.Sums, s.Experts, s.Width);
    }

    static TensorSource Counts(string name, long[] values, params ReadOnlySpan<long> shape) =>
        new(name, TensorType.I64, shape, sink => sink.WriteBytes(MemoryMarshal.AsBytes(values.AsSpan())));

    /// <summary>Sums as a tensor to be written.</summary>
    public static TensorSource Sums(string name, double[] values, params ReadOnlySpan<long> shape) =>
        new(name, TensorType.F64, shape, sink => sink.WriteBytes(MemoryMarshal.AsBytes(values.AsSpan())));

    /// <summary>Reads a layer back.</summary>
    /// <param name="file">Remembers what was read, see <see cref="StatisticsReader.RefuseRest"/>.</param>
    /// <param name="prefix">As written.</param>
    /// <exception cref="BadModelException">An array is missing or misshapen.</exception>
    public static LayerStatistics Read(StatisticsReader file, string prefix)
    {
        var cosines = file.Sums($"{prefix}residual.cosines", 3);
        var residual = new ResidualStatistics
        {
            Tokens = file.Counts($"{prefix}residual.tokens", 1)[0], Attention = cosines[0], FeedForward = cosines[1], Block = cosines[2],
        };
        return new LayerStatistics(residual, file.Has($"{prefix}experts.routed") ? Experts(file, $"{prefix}experts.") : null)
        {
            Attention = file.Has($"{prefix}attention.routed") ? Attention(file, $"{prefix}attention.") : null,
        };
    }

    static ExpertStatistics Experts(StatisticsReader file, string prefix)
    {
        var (sums, places) = (file.Shape($"{prefix}outputs.sums", 2), (int)file.Shape($"{prefix}cumulative_shares", 2)[0]);
        int experts = (int)sums[0], width = (int)sums[1];
        var read = new ExpertStatistics(experts, places, width, file.Has($"{prefix}all_outputs.sums"));
        Router(file, prefix, read);
        Outputs(file, $"{prefix}outputs.", read.Outputs);
        if (read.AllOutputs is { } all) Outputs(file, $"{prefix}all_outputs.", all);
        return read;
    }

    static RouterStatistics Attention(StatisticsReader file, string prefix)
    {
        var (experts, places) = (file.Shape($"{prefix}co_activation", 2)[0], file.Shape($"{prefix}cumulative_shares", 2)[0]);
        var read = new RouterStatistics((int)experts, (int)places);
        Router(file, prefix, read);
        return read;
    }

    static void Router(StatisticsReader file, string prefix, RouterStatistics read)
    {
        var (experts, places) = (read.Experts, read.Places);
        read.SetTokens(file.Counts($"{prefix}tokens", 1)[0]);
        Fill(read.Routed, file.Counts($"{prefix}routed", experts));
        Fill(read.Gates, file.Sums($"{prefix}gates", experts));
        Fill(read.GateShares, file.Sums($"{prefix}gate_shares", experts));
        Fill(read.ChosenProbabilities, file.Sums($"{prefix}chosen_probabilities", experts));
        Fill(read.Probabilities, file.Sums($"{prefix}probabilities", experts));
        Fill(read.CoActivation, file.Counts($"{prefix}co_activation", experts, experts));
        Fill(read.LogitGram, file.Sums($"{prefix}logit_gram", experts, experts));
        Fill(read.Ratios, file.Counts($"{prefix}ratios", places - 1, Bins));
        Fill(read.CumulativeShares, file.Counts($"{prefix}cumulative_shares", places, Bins));
    }

    static void Outputs(StatisticsReader file, string prefix, OutputStatistics read)
    {
        Fill(read.Rows, file.Counts($"{prefix}rows", read.Experts));
        Fill(read.Norms, file.Sums($"{prefix}norms", read.Experts));
        Fill(read.SquaredNorms, file.Sums($"{prefix}squared_norms", read.Experts));
        Fill(read.GatedNorms, file.Sums($"{prefix}gated_norms", read.Experts));
        Fill(read.Largest, file.Sums($"{prefix}largest", read.Experts));
        Fill(read.Sums, file.Sums($"{prefix}sums", read.Experts, read.Width));
    }

    static void Fill<T>(T[] target, T[] values) => values.CopyTo(target, 0);
}

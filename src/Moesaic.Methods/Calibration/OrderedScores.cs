using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// Every token's scores, best first, for routers whose choices are the K highest scores and whose weights are shares of those K: what they decide among
/// some experts depends on the first K that are among them alone, so that the router need not see the others.
/// </summary>
sealed class OrderedScores : IDisposable
{
    readonly Tensor sorted;
    readonly int[] order;           // T rows of E
    readonly int chosen;

    OrderedScores(Tensor sorted, int[] order, RouterSpec spec)
    {
        (this.sorted, this.order, chosen) = (sorted, order, spec.Chosen);
        Router = RouterSubset.Known(spec, chosen, null, null);
    }

    Router Router { get; }

    /// <summary>Whether decisions of a pipeline depend on the K best scores alone, and on nothing but their order and differences.</summary>
    public static bool Fits(RouterSpec spec) => spec is
    {
        Selection.Kind: SelectionKind.TopK, SumsToScale: true, SelectionBias: false, Groups: null, Norm: null, PassThrough: false, Capacity: null,
        Affinity: RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection,
    };

    /// <summary>Orders scores as the router does: ties go to the lowest index.</summary>
    public static OrderedScores? Of(RouterSpec spec, Tensor logits)
    {
        if (!Fits(spec)) return null;
        var sorted = new Tensor(logits.Rows, logits.Columns);
        var order = new int[logits.Rows * logits.Columns];
        for (var t = 0; t < logits.Rows; t++)
        {
            var ids = order.AsSpan(t * logits.Columns, logits.Columns);
            Selection.TopK(logits.Row(t), ids);
            ReadOnlySpan<float> from = logits.Row(t);
            var to = sorted.Row(t);
            for (var j = 0; j < ids.Length; j++) to[j] = from[ids[j]];
        }
        return new OrderedScores(sorted, order, spec);
    }

    /// <summary>What the router decides for some tokens among some experts, by the numbers of all E.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="kept">At least K experts.</param>
    /// <param name="start">First token.</param>
    /// <param name="end">The one after the last.</param>
    public Routing Route(Workspace workspace, ReadOnlySpan<int> kept, int start, int end)
    {
        var scores = workspace.Rent(end - start, chosen);
        var ids = workspace.RentIndices((end - start) * chosen).AsSpan(0, (end - start) * chosen);
        Span<byte> flags = sorted.Columns <= 1024 ? stackalloc byte[sorted.Columns] : new byte[sorted.Columns];
        flags.Clear();
        foreach (var e in kept) flags[e] = 1;
        for (var t = start; t < end; t++) Best(t, flags, scores.Row(t - start), ids.Slice((t - start) * chosen, chosen));
        var routing = Router.Route(workspace, scores, LayerSample.NoTokens, null);
        var named = workspace.RentIndices(ids.Length);
        for (var i = 0; i < ids.Length; i++) named[i] = ids[(i / chosen * chosen) + routing.Chosen.Span[i]];
        return routing with { Chosen = named.AsMemory(0, ids.Length) };
    }

    // The best K of a token among the flagged experts. Which of two comes next is a coin's toss: better written twice than jumped over.
    void Best(int token, ReadOnlySpan<byte> kept, Span<float> scores, Span<int> ids)
    {
        ReadOnlySpan<float> from = sorted.Row(token);
        ReadOnlySpan<int> experts = order.AsSpan(token * sorted.Columns, sorted.Columns);
        for (int n = 0, i = 0; n < ids.Length; i++)
        {
            var e = experts[i];
            (ids[n], scores[n]) = (e, from[i]);
            n += kept[e];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => sorted.Dispose();
}

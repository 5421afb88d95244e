using System.Collections.Concurrent;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// What one mixture layer computes for a sample of T tokens, kept so that any choice of its experts is judged exactly and without computing an
/// expert again: the router's scores, which the runtime's own router decides on anew for the experts that stay, and of every token the inner
/// products of all experts' outputs. The difference of two outputs Σ (wₑ − w'ₑ) fₑ(x) has a square that needs nothing else, so that a choice costs
/// O(T K²) instead of O(T K D).
/// </summary>
/// <remarks>
/// Inner products are float32, sums over tokens float64; their order does not depend on the number of threads. Holds 2 T E² bytes and
/// little more, see <see cref="Bytes"/>; outputs of experts exist for a chunk of tokens at a time.
/// </remarks>
public sealed class CachedOutputs : IDisposable
{
    const int ChunkBytes = 128 << 20;

    readonly Tensor logits, products;
    readonly OrderedScores? ordered;
    readonly ExpertProducts form;
    readonly int[] baseIds;             // T rows of baseWidth vectors, −1 for none: what the output should be made of
    readonly float[] baseWeights;
    readonly int[] batches;
    readonly ConcurrentBag<Workspace> workspaces = [];
    readonly int baseWidth;

    CachedOutputs(Router router, Tensor logits, Tensor products, ExpertProducts form, int[] baseIds, float[] baseWeights, int[] batches)
    {
        (Router, this.logits, this.products, this.form, this.baseIds, this.baseWeights, this.batches) = (router, logits, products, form, baseIds, baseWeights, batches);
        baseWidth = baseIds.Length / Tokens;
        ordered = OrderedScores.Of(router.Spec, logits);
    }

    /// <summary>The layer's router.</summary>
    public Router Router { get; }

    /// <summary>T.</summary>
    public int Tokens => logits.Rows;

    /// <summary>E.</summary>
    public int Experts => Router.Spec.Experts;

    /// <summary>Number of batches that the tokens came in.</summary>
    public int Batches => batches[^1] + 1;

    /// <summary>Memory that a layer needs, in bytes, while and after its outputs are gathered.</summary>
    /// <param name="tokens">T.</param>
    /// <param name="mixture">E.</param>
    public static long Bytes(long tokens, MixtureSpec mixture) =>
        ChunkBytes + (sizeof(float) * tokens * (ExpertProducts.Size(mixture.Router.Experts + 2) + mixture.Router.Experts));

    /// <summary>Computes all experts of a layer for all tokens of a sample.</summary>
    /// <param name="layer">The mixture.</param>
    /// <param name="sample">Its input.</param>
    /// <param name="where">The layer's name in messages.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="BadModelException">The router's decisions depend on more than the token.</exception>
    public static CachedOutputs Gather(MixtureFeedForward layer, LayerSample sample, string where = "layer", CancellationToken cancellation = default)
    {
        RouterSubset.Check(layer.Router.Spec, where);
        if (layer.Router.Absent.Contains(true))
            throw new BadModelException($"{where}: some of its experts are not there and only their router rows are; a search needs all experts");
        int tokens = sample.Inputs.Rows, width = sample.Inputs.Columns, experts = layer.Router.Spec.Experts;
        var own = layer.Router.Spec.PassThrough;
        var form = new ExpertProducts(experts + (own ? 1 : 0) + (sample.Targets is null ? 0 : 1));
        if ((long)tokens * form.PerToken > int.MaxValue)
            throw new BadRequestException($"{where}: the inner products of {experts} experts for {tokens} tokens are more than 2³¹ numbers; sample at most {int.MaxValue / form.PerToken} tokens");
        var products = new Tensor(tokens, form.PerToken);
        try
        {
            var (ids, weights) = sample.Targets is null ? Decisions(layer.Router, sample.Logits) : Last(tokens, form);
            var inner = layer.Experts.Ups.Max(u => u.Rows);
            var chunk = (int)Math.Clamp(ChunkBytes / sizeof(float) / ((long)experts * ((2 * width) + (3 * inner))), 16, tokens + 16);
            using var workspace = new Workspace();
            for (var first = 0; first < tokens; first += chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                workspace.Begin(recording: false);
                var count = Math.Min(chunk, tokens - first);
                var x = workspace.Rent(count, width);
                sample.Inputs.Span.Slice(first * width, count * width).CopyTo(x.Span);
                Add(workspace, layer, x, sample.Targets, first, own, form, products);
            }
            return new CachedOutputs(layer.Router, sample.Logits.Clone(), products, form, ids, weights, sample.Batches);
        }
        catch
        {
            products.Dispose();
            throw;
        }
    }

    static unsafe void Add(Workspace workspace, MixtureFeedForward layer, Tensor x, Tensor? targets, int first, bool own, ExpertProducts form, Tensor products)
    {
        var (count, experts) = (x.Rows, layer.Router.Spec.Experts);
        int[] offsets = [.. Enumerable.Range(0, experts + 1).Select(e => e * count)];
        int[] rows = [.. Enumerable.Range(0, experts * count).Select(r => r % count)];
        var outputs = layer.Experts.Forward(workspace, workspace.GatherRows(x, rows), new Dispatch(offsets, rows, default));
        var others = own || targets is not null ? workspace.Rent(count * ((own ? 1 : 0) + (targets is null ? 0 : 1)), x.Columns) : null;
        if (own) x.Span.CopyTo(others!.Span);
        Tensor? target = null;
        if (targets is not null)
        {
            target = workspace.Rent(count, x.Columns);
            targets.Span.Slice(first * x.Columns, target.Count).CopyTo(target.Span);
        }
        SharedPart.Remove(workspace, layer, x, target, outputs, own ? others : null);
        target?.Span.CopyTo(others!.Span[^target.Count..]);
        form.Compute(outputs, others, products.Pointer + ((long)first * form.PerToken));
    }

    // What the layer gives with all experts.
    static (int[] Ids, float[] Weights) Decisions(Router router, Tensor logits)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var routing = RouterSubset.All(router).Router.Route(workspace, logits, LayerSample.NoTokens, null);
        var perToken = routing.Weights.Columns;
        if (routing.Own is not { } own) return (routing.Chosen.ToArray(), routing.Weights.Span.ToArray());
        var ids = new int[logits.Rows * (perToken + 1)];
        var weights = new float[ids.Length];
        for (var t = 0; t < logits.Rows; t++)
        {
            routing.Chosen.Span.Slice(t * perToken, perToken).CopyTo(ids.AsSpan(t * (perToken + 1)));
            routing.Weights.Row(t).CopyTo(weights.AsSpan(t * (perToken + 1)));
            (ids[(t * (perToken + 1)) + perToken], weights[(t * (perToken + 1)) + perToken]) = (router.Spec.Experts, own.Span[t]);
        }
        return (ids, weights);
    }

    // What it should give, whole: the last vector.
    static (int[] Ids, float[] Weights) Last(int tokens, ExpertProducts form) =>
        ([.. Enumerable.Repeat(form.RowStarts.Length - 2, tokens)], [.. Enumerable.Repeat(1f, tokens)]);

    /// <summary>Σ over all tokens of ‖Z − Z'‖², where Z is what the layer should give and Z' what it gives with some experts.</summary>
    /// <param name="kept">The experts that stay, rising; at least K.</param>
    public double Error(int[] kept) => Errors([kept])[0];

    /// <summary><see cref="Error"/> of many choices, all threads at work; the bits do not depend on what is judged together.</summary>
    public double[] Errors(IReadOnlyList<int[]> kept) => [.. BatchErrors(kept).Select(e => e.Sum())];

    /// <summary>The squared errors by the batch that tokens came in.</summary>
    /// <param name="kept">Choices.</param>
    /// <returns>Per choice one sum per batch.</returns>
    public double[][] BatchErrors(IReadOnlyList<int[]> kept)
    {
        RouterSubset[] subsets = [.. kept.Select(k => RouterSubset.Of(Router, k))];
        var parts = Parts();
        var job = new Job { Cache = this, Subsets = subsets, Parts = parts, Sums = new double[parts.Length * subsets.Length] };
        WorkerTeam.Run(ref job, parts.Length);
        double[][] errors = [.. subsets.Select(_ => new double[Batches])];
        for (var part = 0; part < parts.Length; part++)
            for (var c = 0; c < subsets.Length; c++) errors[c][batches[parts[part].Start]] += job.Sums[(part * subsets.Length) + c];
        return errors;
    }

    /// <summary>The error of each expert's removal alone; infinite where so few are left that a token cannot choose K.</summary>
    public double[] RemovalErrors() => Experts <= Router.Spec.Chosen ? [.. Enumerable.Repeat(double.PositiveInfinity, Experts)]
        : Errors([.. Enumerable.Range(0, Experts).Select(gone => Enumerable.Range(0, Experts).Where(e => e != gone).ToArray())]);

    // Tokens whose inner products stay in a core's cache while all choices are judged; never of two batches.
    (int Start, int End)[] Parts()
    {
        var most = Math.Clamp((256 << 10) / (sizeof(float) * form.PerToken), 16, 512);
        var parts = new List<(int, int)>();
        for (int start = 0, end; start < Tokens; start = end)
        {
            for (end = start + 1; end < Tokens && end - start < most && batches[end] == batches[start];) end++;
            parts.Add((start, end));
        }
        return [.. parts];
    }

    double PartError(Workspace workspace, in RouterSubset subset, int start, int end)
    {
        var routing = Decide(workspace, subset, start, end);
        var perToken = routing.Weights.Columns;
        var vectors = form.RowStarts.Length - 1;
        Span<float> difference = vectors <= 1024 ? stackalloc float[(vectors + 7) / 8 * 8] : new float[(vectors + 7) / 8 * 8];
        Span<ulong> present = vectors <= 1024 ? stackalloc ulong[(vectors + 63) / 64] : new ulong[(vectors + 63) / 64];
        double sum = 0;
        for (var t = start; t < end; t++)
        {
            difference.Clear();
            present.Clear();
            Subtract(baseIds.AsSpan(t * baseWidth, baseWidth), baseWeights.AsSpan(t * baseWidth, baseWidth), -1, difference, present);
            Subtract(routing.Chosen.Span.Slice((t - start) * perToken, perToken), routing.Weights.Row(t - start), 1, difference, present);
            if (routing.Own is { } own) Subtract([Experts], own.Row(t - start), 1, difference, present);
            sum += form.Square(products.Row(t), difference, present);
        }
        return sum;
    }

    static void Subtract(ReadOnlySpan<int> vectors, ReadOnlySpan<float> weights, float sign, Span<float> difference, Span<ulong> present)
    {
        for (var j = 0; j < vectors.Length && j < weights.Length; j++)
        {
            var v = vectors[j];
            if (v < 0) continue;
            difference[v] -= sign * weights[j];
            present[v >> 6] |= 1UL << v;
        }
    }

    // What the runtime's router decides for some tokens among some experts.
    Routing Decide(Workspace workspace, in RouterSubset subset, int start, int end)
    {
        workspace.Begin(recording: false);
        // Of all experts the decision is known, to the bit.
        if (ordered is not null && subset.Kept.Length < Experts) return ordered.Route(workspace, subset.Kept, start, end);
        var scores = workspace.Rent(end - start, Experts);
        logits.Span[(start * Experts)..(end * Experts)].CopyTo(scores.Span);
        return subset.Route(workspace, scores);
    }

    struct Job : IJob
    {
        public CachedOutputs Cache;
        public RouterSubset[] Subsets;
        public (int Start, int End)[] Parts;
        public double[] Sums;

        public readonly void Execute(int part)
        {
            if (!Cache.workspaces.TryTake(out var workspace)) workspace = new Workspace();
            for (var c = 0; c < Subsets.Length; c++)
                Sums[(part * Subsets.Length) + c] = Cache.PartError(workspace, Subsets[c], Parts[part].Start, Parts[part].End);
            Cache.workspaces.Add(workspace);
        }
    }

    /// <summary>Frees what is kept.</summary>
    public void Dispose()
    {
        logits.Dispose();
        ordered?.Dispose();
        products.Dispose();
        foreach (var workspace in workspaces) workspace.Dispose();
    }
}

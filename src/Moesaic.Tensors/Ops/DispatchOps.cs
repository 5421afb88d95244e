using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Moving token rows to experts and back, with gradients.</summary>
public static class DispatchOps
{
    /// <summary>y[r] = x[index[r]]: brings each token slot's row next to the others of its expert.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="index">R row numbers of x; must stay unchanged until the pass ends.</param>
    /// <returns>[R, D].</returns>
    public static Tensor GatherRows(this Workspace workspace, Tensor x, ReadOnlyMemory<int> index)
    {
        var y = workspace.Rent(index.Length, x.Columns);
        Rows.Gather(x.Span, index.Span, x.Columns, y.Span);
        if (workspace.Recording && x.NeedsGradient)
            RecordGather(workspace, x, index, y);
        return y;
    }

    static void RecordGather(Workspace workspace, Tensor x, ReadOnlyMemory<int> index, Tensor y) => workspace.Record(y, () =>
        Rows.ScatterAdd(y.Gradient!.Span, index.Span, x.Columns, workspace.AddedGradient(x)!.Span));

    /// <summary>Puts rows to places of wider rows, each G parts of W: part index[r] of all parts is x[r]; the others are zero.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[R, W].</param>
    /// <param name="index">R numbers of parts, row · G + part, none twice; must stay unchanged until the pass ends.</param>
    /// <param name="rows">T.</param>
    /// <param name="parts">G.</param>
    /// <returns>[T, G·W].</returns>
    public static Tensor SpreadRows(this Workspace workspace, Tensor x, ReadOnlyMemory<int> index, int rows, int parts)
    {
        var y = workspace.RentZeroed(rows, parts * x.Columns);
        Rows.ScatterAdd(x.Span, index.Span, x.Columns, y.Span);
        if (workspace.Recording && x.NeedsGradient)
            RecordSpread(workspace, x, index, y);
        return y;
    }

    static void RecordSpread(Workspace workspace, Tensor x, ReadOnlyMemory<int> index, Tensor y) => workspace.Record(y, () =>
    {
        var dx = workspace.WrittenGradient(x, out var fresh)!;
        var rows = fresh ? dx : workspace.Rent(x.Rows, x.Columns);
        Rows.Gather(y.Gradient!.Span, index.Span, x.Columns, rows.Span);
        if (!fresh) Elementwise.Add(dx.Span, rows.Span);
    });

    /// <summary>The inverse of <see cref="SpreadRows"/>: y[r] is part index[r].</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, G·W].</param>
    /// <param name="index">R numbers of parts, row · G + part; must stay unchanged until the pass ends.</param>
    /// <param name="parts">G.</param>
    /// <returns>[R, W].</returns>
    public static Tensor CollectRows(this Workspace workspace, Tensor x, ReadOnlyMemory<int> index, int parts)
    {
        var y = workspace.Rent(index.Length, x.Columns / parts);
        Rows.Gather(x.Span, index.Span, y.Columns, y.Span);
        if (workspace.Recording && x.NeedsGradient)
            RecordCollect(workspace, x, index, y);
        return y;
    }

    static void RecordCollect(Workspace workspace, Tensor x, ReadOnlyMemory<int> index, Tensor y) => workspace.Record(y, () =>
        Rows.ScatterAdd(y.Gradient!.Span, index.Span, y.Columns, workspace.AddedGradient(x)!.Span));

    /// <summary>
    /// Adds expert e's bias to each of its rows offsets[e]..offsets[e+1], in place. The rows may be ragged, each expert's of the
    /// width of its bias.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="rows">What a grouped product gave; changed.</param>
    /// <param name="offsets">E+1 row numbers; must stay unchanged until the pass ends.</param>
    /// <param name="biases">E vectors.</param>
    public static void AddGroupedBias(this Workspace workspace, Tensor rows, int[] offsets, Tensor[] biases)
    {
        var at = 0;
        var needsGradient = rows.NeedsGradient;
        for (var e = 0; e < biases.Length; e++)
        {
            for (var r = offsets[e]; r < offsets[e + 1]; r++, at += biases[e].Count)
                Elementwise.Add(rows.Span.Slice(at, biases[e].Count), biases[e].Span);
            needsGradient |= biases[e].NeedsGradient;
        }
        if (workspace.Recording && needsGradient) RecordGroupedBias(workspace, rows, offsets, biases);
    }

    static void RecordGroupedBias(Workspace workspace, Tensor rows, int[] offsets, Tensor[] biases) => workspace.Record(rows, () =>
    {
        var at = 0;
        for (var e = 0; e < biases.Length; e++)
        {
            // An expert without rows still gets its zeros: the optimiser sees every trained parameter in every step.
            var gradient = workspace.AddedGradient(biases[e]);
            for (var r = offsets[e]; r < offsets[e + 1]; r++, at += biases[e].Count)
                if (gradient is not null) Elementwise.Add(gradient.Span, rows.Gradient!.Span.Slice(at, biases[e].Count));
        }
    }, inPlace: true);

    /// <summary>y[t] = Σⱼ weights[t,j] · outputs[slots[t,j]]: the weighted sum of each token's experts.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="outputs">[R, D].</param>
    /// <param name="slots">T·K row numbers of outputs, −1 for none; must stay unchanged until the pass ends.</param>
    /// <param name="weights">[T, K].</param>
    /// <returns>[T, D].</returns>
    public static Tensor CombineRows(this Workspace workspace, Tensor outputs, ReadOnlyMemory<int> slots, Tensor weights)
    {
        var y = workspace.RentZeroed(weights.Rows, outputs.Columns);
        Rows.Combine(outputs.Span, slots.Span, weights.Span, weights.Columns, outputs.Columns, y.Span);
        if (workspace.Recording && (outputs.NeedsGradient || weights.NeedsGradient))
            RecordCombine(workspace, outputs, slots, weights, y);
        return y;
    }

    static void RecordCombine(Workspace workspace, Tensor outputs, ReadOnlyMemory<int> slots, Tensor weights, Tensor y) =>
        workspace.Record(y, () =>
        {
            var dOutputs = workspace.WrittenGradient(outputs, out var fresh);
            var dWeights = workspace.AddedGradient(weights);
            Rows.CombineBackward(outputs.Span, slots.Span, weights.Span, weights.Columns, outputs.Columns,
                y.Gradient!.Span, dOutputs is null ? [] : dOutputs.Span, dWeights is null ? [] : dWeights.Span, fresh);
        });
}

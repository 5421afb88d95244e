using Moesaic.Kernels;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Methods.Construction.Importance;

/// <summary>What makes a neuron active.</summary>
public enum ActivityMeasure
{
    /// <summary>silu(x̂·ĝ) · (x̂·û) with token and rows at length 1 (CMoE's released code): directions alone.</summary>
    Directions,

    /// <summary>What the neuron holds: h = silu(x·g) · (x·u).</summary>
    Held,

    /// <summary>What it adds to the residual stream: |h| times the length of its column of the down projection.</summary>
    Added,
}

/// <summary>Activity of the neurons of one layer, in the sense that is asked for.</summary>
public sealed class NeuronActivity
{
    readonly ActivityMeasure measure;
    readonly float[] gate, up, down;

    /// <summary>Prepares a layer.</summary>
    /// <param name="layer">Its weights; not kept.</param>
    /// <param name="measure">In which sense.</param>
    public NeuronActivity(DenseFeedForward layer, ActivityMeasure measure)
    {
        this.measure = measure;
        (gate, up, down) = ([], [], []);
        if (measure == ActivityMeasure.Directions) (gate, up) = (InverseLengths(layer.Gate.Dense), InverseLengths(layer.Up.Dense));
        if (measure == ActivityMeasure.Added) down = ColumnLengths(layer.Down.Dense);
    }

    /// <summary>The activity of all neurons for some tokens.</summary>
    /// <param name="x">[T, D] input of the feed-forward.</param>
    /// <param name="gateOut">[T, F] x·g; overwritten.</param>
    /// <param name="upOut">[T, F] x·u; overwritten.</param>
    /// <param name="neurons">[T, F] silu(x·g)·(x·u); becomes the result.</param>
    /// <returns><paramref name="neurons"/>, whose magnitudes are the activity.</returns>
    public Tensor Of(Tensor x, Tensor gateOut, Tensor upOut, Tensor neurons)
    {
        for (var t = 0; t < x.Rows; t++)
        {
            if (measure == ActivityMeasure.Added) TensorPrimitives.Multiply(neurons.Row(t), down, neurons.Row(t));
            if (measure != ActivityMeasure.Directions) continue;
            var length = (float)Math.Sqrt(Elementwise.SumOfSquares(x.Row(t)));
            Normalise(gateOut.Row(t), gate, length);
            Normalise(upOut.Row(t), up, length);
        }
        if (measure == ActivityMeasure.Directions) SwiGlu.Forward(gateOut.Span, upOut.Span, neurons.Span);
        return neurons;
    }

    static void Normalise(Span<float> row, float[] inverse, float length)
    {
        TensorPrimitives.Multiply(row, inverse, row);
        TensorPrimitives.Multiply(row, length > 0 ? 1 / length : 0, row);
    }

    static float[] InverseLengths(Tensor rows)
    {
        var inverse = new float[rows.Rows];
        for (var j = 0; j < inverse.Length; j++)
            inverse[j] = Elementwise.SumOfSquares(rows.Row(j)) is > 0 and var square ? (float)(1 / Math.Sqrt(square)) : 0;
        return inverse;
    }

    /// <summary>The length of every column.</summary>
    internal static float[] ColumnLengths(Tensor rows)
    {
        var squares = new double[rows.Columns];
        for (var d = 0; d < rows.Rows; d++)
        {
            var row = rows.Row(d);
            for (var j = 0; j < row.Length; j++) squares[j] += (double)row[j] * row[j];
        }
        return [.. squares.Select(s => (float)Math.Sqrt(s))];
    }
}

using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Routers;

/// <summary>What a neuron adds to its expert's energy, by what it holds, h.</summary>
public enum EnergyKind
{
    /// <summary>|h|.</summary>
    Absolute,

    /// <summary>h².</summary>
    Square,

    /// <summary>max(0, h).</summary>
    Relu,

    /// <summary>h itself; the expert's energy is the absolute value of the sum.</summary>
    Sum,
}

/// <summary>
/// How much each expert of a divided layer would do for each token: a[n,e] = Σ over its neurons of φ(h[n,j]) (MoEfication, Zhang et
/// al. 2022, section 3.2).
/// </summary>
public static class ExpertEnergy
{
    const int BlockTokens = 1024;

    /// <summary>Computes the energies.</summary>
    /// <param name="dense">The layer before the split.</param>
    /// <param name="split">Its division; neurons of padding have no energy.</param>
    /// <param name="inputs">[N, D].</param>
    /// <param name="kind">φ.</param>
    /// <returns>[N, E].</returns>
    public static Tensor Of(DenseFeedForward dense, LayerSplit split, Tensor inputs, EnergyKind kind)
    {
        var energies = new Tensor(inputs.Rows, split.Experts.Length);
        using var workspace = new Workspace();
        for (var first = 0; first < inputs.Rows; first += BlockTokens)
        {
            workspace.Begin(recording: false);
            var count = Math.Min(BlockTokens, inputs.Rows - first);
            var x = workspace.Rent(count, inputs.Columns);
            inputs.Span.Slice(first * inputs.Columns, x.Count).CopyTo(x.Span);
            var h = dense.Inner(workspace, x);
            for (var t = 0; t < count; t++)
                for (var e = 0; e < split.Experts.Length; e++)
                    energies.Row(first + t)[e] = (float)Sum(h.Row(t), split.Experts[e], kind);
        }
        return energies;
    }

    static double Sum(ReadOnlySpan<float> h, int[] neurons, EnergyKind kind)
    {
        double sum = 0;
        foreach (var j in neurons)
        {
            if (j >= h.Length) continue;
            sum += kind switch
            {
                EnergyKind.Absolute => Math.Abs(h[j]),
                EnergyKind.Square => (double)h[j] * h[j],
                EnergyKind.Relu => Math.Max(0, h[j]),
                _ => h[j],
            };
        }
        return Math.Abs(sum);
    }
}

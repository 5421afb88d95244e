using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Logits normalised (<see cref="LogitNorm"/>) and divided by a temperature.</summary>
static class LogitScaling
{
    /// <summary>λ (z − mean)/deviation of each row; a row of equal logits gives zeros.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="norm">λ and which deviation.</param>
    public static Tensor Normalise(Workspace workspace, Tensor logits, LogitNorm norm)
    {
        Tensor y = workspace.Rent(logits.Rows, logits.Columns), inverse = workspace.Rent(1, logits.Rows);
        var divisor = Divisor(norm, logits.Columns);
        for (var t = 0; t < logits.Rows; t++)
        {
            Span<float> z_E = logits.Row(t), y_E = y.Row(t);
            double mean = 0, squares = 0;
            foreach (var z in z_E) mean += (double)z / z_E.Length;
            foreach (var z in z_E) squares += (z - mean) * (z - mean);
            var scale = squares > 0 ? 1 / Math.Sqrt(squares / divisor) : 0;
            inverse.Span[t] = (float)scale;
            for (var e = 0; e < z_E.Length; e++) y_E[e] = (float)(norm.Factor * (z_E[e] - mean) * scale);
        }
        if (workspace.Recording && logits.NeedsGradient) RecordNorm(workspace, logits, norm, y, inverse);
        return y;
    }

    // With ŷ = y/λ and s the deviation of divisor n: dz = λ/s (dy − mean dy − ŷ Σ dy ŷ / n).
    static void RecordNorm(Workspace workspace, Tensor logits, LogitNorm norm, Tensor y, Tensor inverse) => workspace.Record(y, () =>
    {
        var dLogits = workspace.AddedGradient(logits)!;
        var divisor = Divisor(norm, logits.Columns);
        for (var t = 0; t < logits.Rows; t++)
        {
            Span<float> y_E = y.Row(t), dy_E = y.Gradient!.Row(t), dz_E = dLogits.Row(t);
            double mean = 0, product = 0;
            for (var e = 0; e < y_E.Length; e++)
            {
                mean += (double)dy_E[e] / y_E.Length;
                product += (double)dy_E[e] * y_E[e] / norm.Factor / divisor;
            }
            for (var e = 0; e < y_E.Length; e++)
                dz_E[e] += (float)(norm.Factor * inverse.Span[t] * (dy_E[e] - mean - (y_E[e] / norm.Factor * product)));
        }
    });

    /// <summary>z/τ.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="temperature">τ.</param>
    public static Tensor Divide(Workspace workspace, Tensor logits, float temperature)
    {
        var y = workspace.Rent(logits.Rows, logits.Columns);
        for (var i = 0; i < y.Count; i++) y.Span[i] = logits.Span[i] / temperature;
        if (workspace.Recording && logits.NeedsGradient) RecordDivision(workspace, logits, temperature, y);
        return y;
    }

    static void RecordDivision(Workspace workspace, Tensor logits, float temperature, Tensor y) => workspace.Record(y, () =>
    {
        Span<float> dLogits = workspace.AddedGradient(logits)!.Span, dy = y.Gradient!.Span;
        for (var i = 0; i < dy.Length; i++) dLogits[i] += dy[i] / temperature;
    });

    static int Divisor(LogitNorm norm, int experts) => norm.Deviation == LogitDeviation.Sample ? experts - 1 : experts;
}

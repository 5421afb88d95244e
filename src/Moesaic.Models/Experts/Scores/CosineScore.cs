using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary><see cref="RouterScore.Cosine"/>: cos(P x, wₑ)/τ. A row or vector of zeros has the cosine 0 with everything.</summary>
/// <param name="projection">P, [dimensions, D], or null where none projects.</param>
/// <param name="weight">w, [E, dimensions].</param>
/// <param name="temperature">τ, [1, 1].</param>
public sealed class CosineScore(WeightMatrix? projection, WeightMatrix weight, Tensor temperature) : IRouterScore
{
    /// <summary>What τ begins with.</summary>
    public const float Start = 0.07f;

    /// <inheritdoc/>
    public IReadOnlyList<WeightMatrix> Matrices { get; } = projection is null ? [weight] : [projection, weight];

    /// <summary>τ, [1, 1].</summary>
    public Tensor Temperature { get; } = temperature;

    /// <inheritdoc/>
    public Tensor Logits(Workspace workspace, Tensor x)
    {
        var h = projection is null ? x : workspace.Linear(x, projection);
        var products = workspace.Linear(h, weight);
        Tensor y = workspace.Rent(h.Rows, weight.Rows), ofH = workspace.Rent(1, h.Rows), ofW = workspace.Rent(1, weight.Rows);
        for (var t = 0; t < h.Rows; t++) ofH.Span[t] = InverseNorm(h.Row(t));
        var row = workspace.Rent(1, weight.Columns);
        for (var e = 0; e < weight.Rows; e++)
        {
            weight.DecodeRow(e, row.Span);
            ofW.Span[e] = InverseNorm(row.Span);
        }
        for (var t = 0; t < y.Rows; t++)
            for (var e = 0; e < y.Columns; e++) y.Row(t)[e] = products.Row(t)[e] * ofH.Span[t] * ofW.Span[e] / Temperature.Span[0];
        if (workspace.Recording && (products.NeedsGradient || Temperature.NeedsGradient)) Record(workspace, h, products, ofH, ofW, y);
        return y;
    }

    // The products carry on what goes through h·w; by |h| goes −Σₑ dz z h/|h|², by |w| −Σₜ dz z w/|w|², by τ −Σ dz z/τ.
    void Record(Workspace workspace, Tensor h, Tensor products, Tensor ofH, Tensor ofW, Tensor y) => workspace.Record(y, () =>
    {
        Tensor? dProducts = workspace.AddedGradient(products), dH = workspace.AddedGradient(h);
        var dWeight = weight.Master is { NeedsGradient: true } master ? workspace.AddedGradient(master) : null;
        Span<double> byWeight = new double[y.Columns];
        double all = 0;
        for (var t = 0; t < y.Rows; t++)
        {
            Span<float> z_E = y.Row(t), dz_E = y.Gradient!.Row(t);
            double byH = 0;
            for (var e = 0; e < z_E.Length; e++)
            {
                var product = (double)z_E[e] * dz_E[e];
                byH += product;
                byWeight[e] += product;
                if (dProducts is not null) dProducts.Row(t)[e] += dz_E[e] * ofH.Span[t] * ofW.Span[e] / Temperature.Span[0];
            }
            all += byH;
            if (dH is not null) AddScaled(dH.Row(t), h.Row(t), -byH * ofH.Span[t] * ofH.Span[t]);
        }
        for (var e = 0; dWeight is not null && e < y.Columns; e++)
            AddScaled(dWeight.Row(e), weight.Dense.Row(e), -byWeight[e] * ofW.Span[e] * ofW.Span[e]);
        if (workspace.AddedGradient(Temperature) is { } dTemperature) dTemperature.Span[0] -= (float)(all / Temperature.Span[0]);
    });

    static void AddScaled(Span<float> to, ReadOnlySpan<float> values, double factor)
    {
        for (var i = 0; i < to.Length; i++) to[i] += (float)(factor * values[i]);
    }

    static float InverseNorm(ReadOnlySpan<float> values)
    {
        double squares = 0;
        foreach (var value in values) squares += (double)value * value;
        return squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0;
    }
}

/// <summary><see cref="RouterScore.Table"/> and <see cref="RouterScore.Hash"/>: the key is the logits.</summary>
sealed class GivenScore : IRouterScore
{
    public IReadOnlyList<WeightMatrix> Matrices => [];

    public Tensor Logits(Workspace workspace, Tensor x) => x;
}

using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// What the router reads is multiplied by numbers uniform in 1 ± ε (Fedus et al. 2022, section 2.4). What the experts read is not:
/// published code that multiplies the hidden state in place disturbs both.
/// </summary>
static class InputJitter
{
    /// <summary>y = x · u, with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="draw">Where u comes from.</param>
    /// <param name="stream">The router's own numbers.</param>
    public static Tensor Apply(Workspace workspace, Tensor x, float epsilon, NoiseDraw draw, int stream)
    {
        Tensor y = workspace.Rent(x.Rows, x.Columns), factors = workspace.Rent(x.Rows, x.Columns);
        var numbers = new double[x.Columns];
        for (var t = 0; t < x.Rows; t++)
        {
            draw.Uniform(NoiseUse.Jitter, stream, t, numbers);
            for (var d = 0; d < numbers.Length; d++)
            {
                factors.Row(t)[d] = (float)(1 + (epsilon * ((2 * numbers[d]) - 1)));
                y.Row(t)[d] = x.Row(t)[d] * factors.Row(t)[d];
            }
        }
        if (workspace.Recording && x.NeedsGradient) Record(workspace, x, factors, y);
        return y;
    }

    static void Record(Workspace workspace, Tensor x, Tensor factors, Tensor y) => workspace.Record(y, () =>
    {
        Span<float> dx = workspace.AddedGradient(x)!.Span, dy = y.Gradient!.Span, by = factors.Span;
        for (var i = 0; i < dy.Length; i++) dx[i] += dy[i] * by[i];
    });
}

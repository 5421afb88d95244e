using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

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
        TokenTeam.Run(new Draw(x, factors, y, epsilon, draw, stream), x.Rows);
        if (workspace.Recording && x.NeedsGradient)
            workspace.Record(y, () => TokenTeam.Run(new Back(workspace.AddedGradient(x)!, factors, y.Gradient!), x.Rows));
        return y;
    }

    readonly record struct Draw(Tensor X, Tensor Factors, Tensor Y, float Epsilon, NoiseDraw Noise, int Stream) : ITokenWork
    {
        public void Run(int first, int end)
        {
            var numbers = new double[X.Columns];
            for (var t = first; t < end; t++)
            {
                Noise.Uniform(NoiseUse.Jitter, Stream, t, numbers);
                Span<float> x_D = X.Row(t), u_D = Factors.Row(t), y_D = Y.Row(t);
                for (var d = 0; d < numbers.Length; d++) u_D[d] = (float)(1 + (Epsilon * ((2 * numbers[d]) - 1)));
                TensorPrimitives.Multiply(x_D, u_D, y_D);
            }
        }
    }

    readonly record struct Back(Tensor Dx, Tensor Factors, Tensor Dy) : ITokenWork
    {
        public void Run(int first, int end)
        {
            for (var t = first; t < end; t++)
            {
                Span<float> dx_D = Dx.Row(t), u_D = Factors.Row(t), dy_D = Dy.Row(t);
                for (var d = 0; d < dx_D.Length; d++) dx_D[d] += dy_D[d] * u_D[d];
            }
        }
    }
}

using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction;

/// <summary>The direction along which all tokens lie at about the same height.</summary>
static class LeastSquares
{
    /// <summary>u that minimises Σ (x·u − 1)² + λ|u|², by conjugate gradients on the normal equations.</summary>
    /// <param name="inputs">[N, D].</param>
    /// <param name="damping">λ as a fraction of the mean squared length of x. Default 1e-3.</param>
    public static double[] Direction(Tensor inputs, double damping = 1e-3)
    {
        var width = inputs.Columns;
        var gram = new float[width * width];
        MatMul.Multiply(MatMulForm.AtB, inputs.Span, inputs.Span, gram, width, width, inputs.Rows);
        double trace = 0;
        for (var d = 0; d < width; d++) trace += gram[(d * width) + d];
        var ridge = damping * trace / width;

        var residual = new double[width];
        for (var n = 0; n < inputs.Rows; n++)
        {
            var row = inputs.Row(n);
            for (var d = 0; d < width; d++) residual[d] += row[d];
        }
        double[] solution = new double[width], direction = [.. residual];
        double square = Dot(residual, residual), stop = square * 1e-16;
        for (var step = 0; step < 4 * width && square > stop; step++)
        {
            var product = Apply(direction);
            var length = square / Dot(direction, product);
            for (var d = 0; d < width; d++)
            {
                solution[d] += length * direction[d];
                residual[d] -= length * product[d];
            }
            var next = Dot(residual, residual);
            for (var d = 0; d < width; d++) direction[d] = residual[d] + (next / square * direction[d]);
            square = next;
        }
        return solution;

        double[] Apply(double[] v)
        {
            var result = new double[width];
            for (var r = 0; r < width; r++)
            {
                double sum = ridge * v[r];
                for (var c = 0; c < width; c++) sum += (double)gram[(r * width) + c] * v[c];
                result[r] = sum;
            }
            return result;
        }
    }

    static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}

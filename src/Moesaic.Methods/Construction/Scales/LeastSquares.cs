using Moesaic.Kernels;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Methods.Construction.Scales;

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

    /// <summary>W that minimises Σ |W x − z|² + λ|W|², by conjugate gradients on the normal equations, row by row.</summary>
    /// <param name="inputs">[N, D]: x.</param>
    /// <param name="targets">[N, E]: z.</param>
    /// <param name="result">[E, D], overwritten.</param>
    /// <param name="damping">λ as a fraction of the mean squared length of x. Default 1e-3.</param>
    /// <param name="steps">Most steps per row: what is still missing then has little effect. Default 200.</param>
    public static void Fit(Tensor inputs, Tensor targets, Tensor result, double damping = 1e-3, int steps = 200)
    {
        int width = inputs.Columns, rows = targets.Columns;
        var gram = new float[width * width];
        MatMul.Multiply(MatMulForm.AtB, inputs.Span, inputs.Span, gram, width, width, inputs.Rows);
        MatMul.Multiply(MatMulForm.AtB, targets.Span, inputs.Span, result.Span, rows, width, inputs.Rows);
        double trace = 0;
        for (var d = 0; d < width; d++) trace += gram[(d * width) + d];
        for (var d = 0; d < width; d++) gram[(d * width) + d] += (float)(damping * trace / width);
        for (var e = 0; e < rows; e++) Solve(gram, result.Row(e), steps);
    }

    /// <summary>The right side of gram · x = right becomes x.</summary>
    static void Solve(float[] gram, Span<float> right, int steps)
    {
        var width = right.Length;
        float[] residual = right.ToArray(), direction = right.ToArray(), product = new float[width];
        right.Clear();
        double square = TensorPrimitives.SumOfSquares<float>(residual), stop = square * 1e-12;
        for (var step = 0; step < steps && square > stop; step++)
        {
            for (var d = 0; d < width; d++) product[d] = TensorPrimitives.Dot(gram.AsSpan(d * width, width), direction);
            var length = (float)(square / TensorPrimitives.Dot<float>(direction, product));
            TensorPrimitives.MultiplyAdd(direction, length, right, right);
            TensorPrimitives.MultiplyAdd(product, -length, residual, residual);
            double next = TensorPrimitives.SumOfSquares<float>(residual);
            TensorPrimitives.MultiplyAdd(direction, (float)(next / square), residual, direction);
            square = next;
        }
    }

    static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}

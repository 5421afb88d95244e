namespace Moesaic.Methods.Competition.Nets;

/// <summary>Σᵢ pᵢ(x) fᵢ(x) with experts f = relu(W x + b) or W x + b and a gate p = softmax(V x + c): a layer of Eigen, Ranzato and Sutskever 2013.</summary>
sealed class GatedLayer
{
    readonly AffineMap gate, experts;
    readonly bool rectified;
    readonly double[] p, dz, o, dO, y;

    public GatedLayer(int offset, int inputs, int count, int outputs, bool rectified)
    {
        this.rectified = rectified;
        gate = new AffineMap(offset, inputs, count);
        experts = new AffineMap(gate.End, inputs, count * outputs);
        (p, dz, o, dO, y) = (new double[count], new double[count], new double[count * outputs], new double[count * outputs], new double[outputs]);
    }

    public int End => experts.End;

    public double[] Forward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> x)
    {
        gate.Forward(parameters, x, p);
        LikelihoodMixture.Softmax(p, p);
        experts.Forward(parameters, x, o);
        Array.Clear(y);
        for (var i = 0; i < o.Length; i++)
        {
            if (rectified) o[i] = Math.Max(0, o[i]);
            y[i % y.Length] += p[i / y.Length] * o[i];
        }
        return y;
    }

    public void Backward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> x, ReadOnlySpan<double> dy, Span<double> gradient, Span<double> dx)
    {
        Array.Clear(dz);
        double mean = 0;
        for (var i = 0; i < o.Length; i++)
        {
            var (expert, d) = (i / y.Length, dy[i % y.Length]);
            dO[i] = rectified && o[i] <= 0 ? 0 : p[expert] * d;
            dz[expert] += o[i] * d;
            mean += p[expert] * o[i] * d;
        }
        for (var i = 0; i < p.Length; i++) dz[i] = p[i] * (dz[i] - mean);
        gate.Backward(parameters, x, dz, gradient, dx);
        experts.Backward(parameters, x, dO, gradient, dx);
    }
}

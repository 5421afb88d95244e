namespace Moesaic.Kernels;

/// <summary>A function of one number that stands between the two projections of a feed-forward without a gate.</summary>
public enum UngatedKind
{
    /// <summary>max(x, 0); at 0 its gradient is 0.</summary>
    Relu,

    /// <summary>max(x, 0)² (So et al. 2021).</summary>
    SquaredRelu,

    /// <summary>x · Φ(x) with Φ(x) = ½ (1 + erf(x/√2)) (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>The approximation of GELU by ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), which is x · σ of twice the argument.</summary>
    GeluTanh,
}

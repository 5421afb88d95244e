using Moesaic.Kernels;

namespace Moesaic.Models;

/// <summary>What a feed-forward does between its projections. All but SwiGLU have two matrices, up and down, and no gate.</summary>
public enum Activation
{
    /// <summary>silu(gate(x)) · up(x) (Shazeer 2020): LLaMA and nearly all open mixtures.</summary>
    Swiglu,

    /// <summary>max(up(x), 0) (Switch, GShard, Shazeer 2017).</summary>
    Relu,

    /// <summary>max(up(x), 0)² (So et al. 2021).</summary>
    SquaredRelu,

    /// <summary>up(x) · Φ(up(x)), with the exact error function (DS-MoE).</summary>
    Gelu,

    /// <summary>GELU by the approximation with tanh, as GPT-2 has it.</summary>
    GeluTanh,
}

/// <summary>What follows from an activation.</summary>
public static class ActivationFacts
{
    /// <summary>Matrices of a feed-forward: 3, or 2 without a gate.</summary>
    public static int Matrices(this Activation activation) => activation == Activation.Swiglu ? 3 : 2;

    internal static UngatedKind Kind(this Activation activation) => activation switch
    {
        Activation.Relu => UngatedKind.Relu,
        Activation.SquaredRelu => UngatedKind.SquaredRelu,
        Activation.Gelu => UngatedKind.Gelu,
        Activation.GeluTanh => UngatedKind.GeluTanh,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "has a gate"),
    };
}

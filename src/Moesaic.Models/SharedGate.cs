namespace Moesaic.Models;

/// <summary>How the shared experts of a mixture are added to the routed ones.</summary>
public enum SharedGate
{
    /// <summary>With weight 1 (DeepSeekMoE; OpenMoE's and DeepSpeed's residual experts without a gate).</summary>
    None,

    /// <summary>Their output is multiplied by σ(w·x), with a weight w of its own (Qwen1.5-MoE).</summary>
    Sigmoid,

    /// <summary>
    /// c₀ routed + c₁ shared with c = softmax(W x + b), W [2, D]: both halves are weighed (DeepSpeed-MoE, Rajbhandari et al. 2022,
    /// PR-MoE).
    /// </summary>
    Mix,
}

using Moesaic.Kernels;

namespace Moesaic.Tensors.Optimization;

/// <summary>Settings of <see cref="AdamW"/>.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the mean of gradients, 0 to 1. Default 0.9.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the mean of squared gradients, 0 to 1. Default 0.95.</summary>
    public float Beta2 { get; init; } = 0.95f;

    /// <summary>Added to the root in the denominator. Default 1e-8.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>Decoupled weight decay, per unit of learning rate, of parameters that decay. Default 0.1.</summary>
    public float WeightDecay { get; init; } = 0.1f;

    /// <summary>Gradients are scaled down to this global norm when they exceed it; 0 switches clipping off. Default 1.</summary>
    public float ClipNorm { get; init; } = 1f;
}

/// <summary>A parameter to be trained.</summary>
/// <param name="Name">Keys the saved state.</param>
/// <param name="Value">With <see cref="Tensor.NeedsGradient"/>.</param>
/// <param name="Decays">Whether weight decay applies: usual for matrices (of one row too), not for norms and biases.</param>
public readonly record struct TrainedParameter(string Name, Tensor Value, bool Decays);

/// <summary>
/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2) and clipping by the global norm. All sums
/// have a fixed order: the result depends on neither thread count nor the order in which gradients became ready.
/// </summary>
public sealed class AdamW : IDisposable
{
    readonly (TrainedParameter Parameter, Tensor Mean, Tensor Square)[] slots;
    readonly AdamWOptions options;

    /// <summary>Prepares zeroed moments for the parameters.</summary>
    /// <param name="parameters">What is trained, with distinct names.</param>
    /// <param name="options">Settings.</param>
    public AdamW(IEnumerable<TrainedParameter> parameters, AdamWOptions options)
    {
        this.options = options;
        slots = [.. parameters.Select(p =>
            (p, new Tensor(p.Value.Rows, p.Value.Columns), new Tensor(p.Value.Rows, p.Value.Columns)))];
    }

    /// <summary>Number of steps taken. Set it when a saved state is restored.</summary>
    public int StepCount { get; set; }

    /// <summary>What is trained.</summary>
    public IEnumerable<TrainedParameter> Parameters => slots.Select(s => s.Parameter);

    /// <summary>The moments of each parameter, to save and restore: (name, mean, mean square).</summary>
    public IEnumerable<(string Name, Tensor Mean, Tensor Square)> State => slots.Select(s => (s.Parameter.Name, s.Mean, s.Square));

    /// <summary>Takes one step with the accumulated gradients and clears them.</summary>
    /// <param name="learningRate">Of this step.</param>
    /// <returns>The global gradient norm before clipping; not finite when a gradient was not: nothing is changed then.</returns>
    public double Step(float learningRate)
    {
        double squares = 0;
        foreach (var slot in slots)
            if (slot.Parameter.Value.Gradient is { } gradient) squares += Elementwise.SumOfSquares(gradient.Span);
        var norm = Math.Sqrt(squares);
        if (!double.IsFinite(norm)) return norm;

        StepCount++;
        var scale = options.ClipNorm > 0 && norm > options.ClipNorm ? (float)(options.ClipNorm / norm) : 1f;
        foreach (var ((_, parameter, decays), mean, square) in slots)
        {
            if (parameter.Gradient is not { } gradient) continue;
            var decay = decays ? options.WeightDecay : 0f;
            Kernels.AdamW.Step(parameter.Span, gradient.Span, mean.Span, square.Span,
                new AdamWStep(learningRate, options.Beta1, options.Beta2, options.Epsilon, decay, StepCount, scale));
            gradient.Span.Clear();
        }
        return norm;
    }

    /// <summary>Clears the accumulated gradients without a step.</summary>
    public void ClearGradients()
    {
        foreach (var slot in slots) slot.Parameter.Value.Gradient?.Span.Clear();
    }

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
        }
    }
}

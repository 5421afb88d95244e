namespace Moesaic.Tensors.Tests;

/// <summary>
/// Compares what <see cref="Workspace.Backward"/> gives with directional differences of the forward pass. Both are float32:
/// the step is 1/64, the difference of fourth order, and the tolerance 1e-4 of the gradient's norm (values are of order 1).
/// </summary>
static class GradientCheck
{
    const float Step = 1f / 64;
    const double Tolerance = 1e-4;
    const int Directions = 3;

    /// <summary>Checks the gradient of Σ c·operation(inputs), c random, with respect to every input.</summary>
    /// <param name="operation">Pure in the inputs.</param>
    /// <param name="temporary">Hand the inputs over as results of another operation, as inside a model, not as parameters.</param>
    /// <param name="inputs">Changed during the check, and given back as they were.</param>
    public static void Run(Func<Workspace, Tensor[], Tensor> operation, bool temporary, params Tensor[] inputs)
    {
        float[]? weigh = null;
        Check(inputs, (workspace, recording) =>
        {
            Tensor[] given = temporary
                ? [.. inputs.Select(i => i.NeedsGradient ? workspace.Linear(i, Numbers.Identity(i.Columns)) : i)] : inputs;
            var y = operation(workspace, given);
            if (weigh is null) Numbers.Fill(weigh = new float[y.Count], new Random(77));
            if (recording)
            {
                weigh.CopyTo(workspace.WrittenGradient(y, out var fresh)!.Span);
                Assert.True(fresh);
            }
            double sum = 0;
            for (var i = 0; i < weigh.Length; i++) sum += (double)weigh[i] * y.Span[i];
            return sum;
        });
    }

    /// <summary>Checks an operation that is a loss itself.</summary>
    /// <param name="inputs">Those whose gradients are compared.</param>
    /// <param name="loss">Runs the forward pass; when recording, the gradient of what it returns is seeded.</param>
    public static void Check(Tensor[] inputs, Func<Workspace, bool, double> loss)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var recorded = loss(workspace, true);
        workspace.Backward();
        workspace.Reset();
        Assert.Equal(recorded, Plain());

        var random = new Random(5);
        for (var n = 0; n < inputs.Length; n++)
        {
            var input = inputs[n];
            if (!input.NeedsGradient)
            {
                Assert.Null(input.Gradient);
                continue;
            }
            var gradient = input.Gradient!.Span.ToArray();
            var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
            var kept = input.Span.ToArray();
            for (var d = 0; d < Directions; d++)
            {
                var direction = new float[kept.Length];
                Numbers.Fill(direction, random);
                double expected = ((8 * (At(1) - At(-1))) - (At(2) - At(-2))) / (12 * Step);
                var found = gradient.Zip(direction, (g, v) => (double)g * v).Sum();
                Assert.True(Math.Abs(found - expected) <= Tolerance * (1 + norm),
                    FormattableString.Invariant($"input {n}, direction {d}: backward {found:R}, differences {expected:R}, norm {norm:R}"));

                double At(int steps)
                {
                    for (var i = 0; i < kept.Length; i++) input.Span[i] = kept[i] + (steps * Step * direction[i]);
                    var value = Plain();
                    kept.CopyTo(input.Span);
                    return value;
                }
            }
        }

        double Plain()
        {
            workspace.Begin(recording: false);
            return loss(workspace, false);
        }
    }
}

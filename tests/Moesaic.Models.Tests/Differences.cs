using Moesaic.Tensors;

namespace Moesaic.Models.Tests;

/// <summary>Gradients against differences: five points, so that single precision reaches four digits.</summary>
static class Differences
{
    const float Step = 1 / 64f;

    /// <summary>Checks the gradients of a weighted sum of what comes out, with respect to all inputs.</summary>
    /// <param name="run">From a workspace to the outputs; must decide alike when inputs move a little.</param>
    /// <param name="inputs">Marked as needing gradients and moved.</param>
    public static void Check(Func<Workspace, Tensor[]> run, params Tensor[] inputs)
    {
        using var workspace = new Workspace();
        foreach (var input in inputs)
        {
            input.NeedsGradient = true;
            input.Gradient?.Span.Clear();
        }
        workspace.Begin(recording: true);
        var outputs = run(workspace);
        var seeds = outputs.Select((o, i) => Random(o.Rows, o.Columns, 100 + i)).ToArray();
        for (var i = 0; i < outputs.Length; i++) seeds[i].Span.CopyTo(workspace.AddedGradient(outputs[i])!.Span);
        workspace.Backward();
        var found = inputs.Select(i => i.Gradient?.Span.ToArray() ?? new float[i.Count]).ToArray();
        Assert.Contains(found.SelectMany(g => g), g => g != 0);

        for (var i = 0; i < inputs.Length; i++)
            for (var at = 0; at < inputs[i].Count; at++)
            {
                var kept = inputs[i].Span[at];
                var expected = ((8 * (At(1) - At(-1))) - (At(2) - At(-2))) / (12 * Step);
                inputs[i].Span[at] = kept;
                Assert.True(Math.Abs(expected - found[i][at]) <= 5e-4 * (1 + Math.Abs(expected)),
                    $"input {i}, element {at}: {found[i][at]} instead of {expected}");

                double At(int steps)
                {
                    inputs[i].Span[at] = kept + (steps * Step);
                    workspace.Begin(recording: false);
                    double sum = 0;
                    foreach (var (output, seed) in run(workspace).Zip(seeds))
                        for (var j = 0; j < output.Count; j++) sum += (double)output.Span[j] * seed.Span[j];
                    return sum;
                }
            }
    }

    /// <summary>Normal numbers.</summary>
    public static Tensor Random(int rows, int columns, int seed, double deviation = 1)
    {
        var tensor = new Tensor(rows, columns);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), deviation);
        return tensor;
    }
}

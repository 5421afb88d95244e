namespace Moesaic.Tensors.Tests;

public class RecomputeTests
{
    const int Tokens = 30, Width = 16, Inner = 64, Layers = 8;

    static readonly Tensor[] Weights = [.. Enumerable.Range(0, Layers)
        .SelectMany(l => new[] { Numbers.Parameter(Inner, Width, 2 * l), Numbers.Parameter(Width, Inner, (2 * l) + 1) })];

    static Tensor Layer(Workspace workspace, Tensor x, int layer)
    {
        using (workspace.OpenScope())
            return workspace.Residual(x, workspace.Linear(workspace.Tanh(workspace.Linear(x, Weights[2 * layer])), Weights[(2 * layer) + 1]));
    }

    static (float[] Gradients, float[] Result, int Calls, long Bytes) Pass(bool recompute, bool recording = true)
    {
        using var workspace = new Workspace();
        using var x = Numbers.Parameter(Tokens, Width, 99);
        var calls = 0;
        float[] result = [];
        // A second pass in the same buffers must not differ.
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var weight in Weights) weight.Gradient?.Span.Clear();
            x.Gradient?.Span.Clear();
            calls = 0;
            workspace.Begin(recording);
            var y = recording ? x : x.Clone();
            for (var l = 0; l < Layers; l++)
            {
                var layer = l;
                y = recompute ? workspace.Recompute(y, (input, again) =>
                {
                    calls += again ? 100 : 1;
                    return Layer(workspace, input, layer);
                }) : Layer(workspace, y, layer);
            }
            result = y.Span.ToArray();
            if (!recording) continue;
            Numbers.Fill(workspace.WrittenGradient(y, out _)!.Span, new Random(7));
            workspace.Backward();
        }
        workspace.Reset();
        return ([.. Weights.Append(x).SelectMany(w => w.Gradient?.Span.ToArray() ?? [])], result, calls, workspace.Bytes);
    }

    [Fact]
    public void Gradients_have_the_same_bits_and_what_is_kept_is_a_row_of_inputs()
    {
        var (whole, parts) = (Pass(recompute: false), Pass(recompute: true));
        Assert.Equal(whole.Result, parts.Result);
        Assert.Equal(whole.Gradients, parts.Gradients);
        Assert.Equal(101 * Layers, parts.Calls);
        // Kept: a row of inputs per layer, the buffers of one layer with their gradients.
        const long Kept = sizeof(float) * Tokens * ((Layers * Width) + (6 * (Width + Inner)));
        Assert.InRange(parts.Bytes, 1, Kept * 9 / 8);
        Assert.True(whole.Bytes > sizeof(float) * Tokens * Layers * (2 * Inner));
    }

    [Fact]
    public void Without_recording_it_runs_once()
    {
        var parts = Pass(recompute: true, recording: false);
        Assert.Equal(Layers, parts.Calls);
        Assert.Equal(Pass(recompute: false).Result, parts.Result);
    }
}

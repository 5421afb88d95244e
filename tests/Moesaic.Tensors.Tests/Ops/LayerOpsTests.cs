using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests.Ops;

public class LayerOpsTests
{
    static readonly AttentionShape shape = new(QueryHeads: 4, KeyValueHeads: 2, HeadDim: 4, Scale: 0.5f);

    // Two sequences, and a row that belongs to none.
    static readonly AttentionSegment[] segments = [new(0, 3, 0, 3), new(3, 4, 3, 4)];

    [Fact]
    public void Gradients_of_embeddings_of_a_repeated_token() => GradientCheck.Run(
        (w, i) => w.Embed(i[0], new[] { 1, 4, 1, 0 }), temporary: false, Numbers.Parameter(5, 3, 1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_the_norm(bool temporary) => GradientCheck.Run(
        (w, i) => w.RmsNorm(i[0], i[1], 1e-5f), temporary, Numbers.Parameter(4, 6, 1), Numbers.Parameter(1, 6, 2));

    [Fact]
    public void Gradients_of_the_norm_of_each_head() => GradientCheck.Run(
        (w, i) => w.RmsNorm(i[0], i[1], 1e-5f), temporary: true, Numbers.Parameter(3, 8, 1), Numbers.Parameter(1, 4, 2));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Norm_and_swiglu_with_one_input_frozen(int frozen)
    {
        Tensor[] norm = [Numbers.Parameter(4, 6, 1), Numbers.Parameter(1, 6, 2)], glu = [Numbers.Parameter(3, 5, 1), Numbers.Parameter(3, 5, 2)];
        norm[frozen].NeedsGradient = glu[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.RmsNorm(i[0], i[1], 1e-5f), temporary: true, norm);
        GradientCheck.Run((w, i) => w.SwiGlu(i[0], i[1]), temporary: true, glu);
    }

    [Fact]
    public void Gradients_of_the_rotation()
    {
        var (cos, sin) = Angles(positions: 6, pairs: 2);
        // In place: the input must be a result of this pass, and a gradient of it flows on from there.
        GradientCheck.Run((w, i) =>
        {
            var x = w.Linear(i[0], i[1]);
            w.RotateInPlace(x, 4, new[] { 5, 0, 3 }, cos, sin);
            return x;
        }, temporary: true, Numbers.Parameter(3, 5, 1), Numbers.Parameter(8, 5, 2));
    }

    [Fact]
    public void Rotating_back_gives_the_input_again()
    {
        var (cos, sin) = Angles(6, 2);
        var x = Numbers.Matrix(3, 8, 1);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var y = x.Clone();
        workspace.RotateInPlace(y, 4, new[] { 5, 0, 3 }, cos, sin);
        Assert.Equal(x.Row(1).ToArray(), y.Row(1).ToArray());
        Assert.NotEqual(x.Row(0).ToArray(), y.Row(0).ToArray());
        foreach (ref var s in sin.Span) s = -s;
        workspace.RotateInPlace(y, 4, new[] { 5, 0, 3 }, cos, sin);
        for (var i = 0; i < x.Count; i++) Assert.Equal(x.Span[i], y.Span[i], 1e-6f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_attention(bool temporary) => GradientCheck.Run(
        (w, i) => w.Attention(shape, segments, i[0], i[1], i[2]), temporary,
        Numbers.Parameter(8, 16, 1), Numbers.Parameter(8, 8, 2), Numbers.Parameter(8, 8, 3));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradients_of_attention_with_one_input_frozen(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(8, 16, 1), Numbers.Parameter(8, 8, 2), Numbers.Parameter(8, 8, 3)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.Attention(shape, segments, i[0], i[1], i[2]), temporary: true, inputs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Gradients_of_attention_with_sinks_and_a_window(int window) => GradientCheck.Run(
        (w, i) => w.Attention(shape with { Window = window }, segments, i[0], i[1], i[2], sinks: i[3]), temporary: true,
        Numbers.Parameter(8, 16, 1), Numbers.Parameter(8, 8, 2), Numbers.Parameter(8, 8, 3), Numbers.Parameter(1, 4, 4));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Gradients_of_attention_with_sinks_and_one_input_frozen(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(8, 16, 1), Numbers.Parameter(8, 8, 2), Numbers.Parameter(8, 8, 3), Numbers.Parameter(1, 4, 4)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.Attention(shape, segments, i[0], i[1], i[2], sinks: i[3]), temporary: true, inputs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_swiglu_that_cuts_off(bool temporary) => GradientCheck.Run(
        (w, i) => w.SwiGlu(i[0], i[1], limit: 30, slope: 1.702f), temporary, Numbers.Parameter(3, 5, 1), Numbers.Parameter(3, 5, 2));

    [Fact]
    public void What_swiglu_cuts_off_has_no_gradient()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Tensor gate = new(1, 3, [9, 1, 1]) { NeedsGradient = true }, up = new(1, 3, [1, 9, -9]) { NeedsGradient = true };
        var h = workspace.SwiGlu(gate, up, limit: 7, slope: 1);
        Assert.Equal(7 / (1 + MathF.Exp(-7)) * 2, h.Span[0], 1e-4f);
        workspace.WrittenGradient(h, out _)!.Span.Fill(1);
        workspace.Backward();
        Assert.Equal([true, false, false], gate.Gradient!.Span.ToArray().Select(g => g == 0));
        Assert.Equal([false, true, true], up.Gradient!.Span.ToArray().Select(g => g == 0));
    }

    [Fact]
    public void A_row_of_no_segment_attends_to_nothing()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var y = workspace.Attention(shape, segments, Numbers.Matrix(8, 16, 1), Numbers.Matrix(8, 8, 2), Numbers.Matrix(8, 8, 3));
        Assert.All(y.Row(7).ToArray(), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_swiglu(bool temporary) => GradientCheck.Run(
        (w, i) => w.SwiGlu(i[0], i[1]), temporary, Numbers.Parameter(3, 5, 1), Numbers.Parameter(3, 5, 2));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_the_residual_stream(bool temporary)
    {
        Tensor x = Numbers.Parameter(3, 5, 1), y = Numbers.Parameter(3, 5, 2);
        // A parameter as x would be overwritten when not recording: only a result of the pass stands there.
        GradientCheck.Run((w, i) => w.Residual(w.Linear(i[0], Numbers.Identity(5)), i[1]), temporary, x, y);
    }

    [Fact]
    public void A_stream_that_passes_several_layers_collects_all_their_gradients() => GradientCheck.Run((w, i) =>
    {
        var x = w.Linear(i[0], Numbers.Identity(5));
        for (var layer = 0; layer < 3; layer++)
            x = w.Residual(x, w.SwiGlu(w.Linear(w.RmsNorm(x, i[1], 1e-5f), i[2]), w.Linear(x, i[3])));
        return x;
    }, temporary: false, Numbers.Parameter(3, 5, 1), Numbers.Parameter(1, 5, 2), Numbers.Parameter(5, 5, 3), Numbers.Parameter(5, 5, 4));

    [Fact]
    public void A_tensor_used_twice_gets_both_gradients() => GradientCheck.Run((w, i) =>
    {
        var x = w.Linear(i[0], i[1]);
        var twice = w.SwiGlu(x, x);
        return w.Residual(twice, twice);
    }, temporary: true, Numbers.Parameter(3, 4, 1), Numbers.Parameter(4, 4, 2));

    static (Tensor Cos, Tensor Sin) Angles(int positions, int pairs)
    {
        var (cos, sin) = (new Tensor(positions, pairs), new Tensor(positions, pairs));
        for (var p = 0; p < positions; p++)
            for (var i = 0; i < pairs; i++)
                (sin.Row(p)[i], cos.Row(p)[i]) = MathF.SinCos(p * MathF.Pow(100, -(float)i / pairs));
        return (cos, sin);
    }
}

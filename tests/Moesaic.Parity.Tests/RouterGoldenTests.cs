using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>LLaMA-MoE v1's gate against PyTorch: noise, weights, load and the gradients of all of it.</summary>
public sealed class RouterGoldenTests
{
    const float Variation = 0.7f;
    static readonly string[] Matrices = ["gate_network.0.weight", "gate_network.2.weight", "weight_noise.weight"];

    [Theory]
    [InlineData("v1-2of8")]
    [InlineData("v1-4of16")]
    public void The_gate_is_that_of_its_formulas(string name)
    {
        using var golden = TensorStore.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "routers", name + ".safetensors"));
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Tensor x = Read("x"), first = Read(Matrices[0]), second = Read(Matrices[1]), noise = Read(Matrices[2]);
        var seed = Read("seed");
        var spec = new RouterSpec
        {
            Experts = first.Rows, Chosen = seed.Columns, Score = RouterScore.Mlp, Noise = RouterNoise.Learned,
            Affinity = RouterAffinity.SoftmaxAfterSelection, Scale = 4,
        };
        var counted = Integers("counted").Select(c => c != 0).ToArray();
        var router = new Router(spec, new MlpScore(first, second), noise: new LearnedNoise(noise, layer: 5));
        var routing = router.Route(workspace, x, new PassInput
        {
            Tokens = default, Positions = default, Segments = default, Counted = counted,
            Noise = new NoiseDraw(20, 3, 40),
            Objectives = new BalanceObjectives([new(new ImportanceVariation(), Variation), new(new LoadVariation(), Variation)]),
        }, null);
        Assert.Equal(Integers("chosen"), routing.Chosen.ToArray());
        Close("weights", routing.Weights.Span, 1e-5);
        seed.Span.CopyTo(workspace.AddedGradient(routing.Weights)!.Span);
        workspace.Backward();
        Close("grad.x", x.Gradient!.Span, 1e-4);
        Close("grad." + Matrices[0], first.Gradient!.Span, 1e-4);
        Close("grad." + Matrices[1], second.Gradient!.Span, 1e-4);
        Close("grad." + Matrices[2], noise.Gradient!.Span, 1e-4);

        Tensor Read(string tensor)
        {
            var values = Floats(tensor);
            var columns = (int)golden.Info(tensor).Shape[^1];
            return new Tensor(values.Length / columns, columns, values) { NeedsGradient = true };
        }

        float[] Floats(string tensor)
        {
            var values = new float[golden.Info(tensor).ElementCount];
            golden.Read(tensor, values);
            return values;
        }

        int[] Integers(string tensor) => MemoryMarshal.Cast<byte, int>(golden.Bytes(tensor)).ToArray();

        void Close(string tensor, ReadOnlySpan<float> found, double tolerance)
        {
            var expected = Floats(tensor);
            double error = 0, norm = 0;
            for (var i = 0; i < expected.Length; i++)
            {
                error += Math.Pow((double)expected[i] - found[i], 2);
                norm += Math.Pow(expected[i], 2);
            }
            Assert.True(Math.Sqrt(error / norm) < tolerance, $"{tensor}: {Math.Sqrt(error / norm):g3}");
        }
    }
}

using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>Adapters beside encoded matrices against PyTorch: products and the gradients of input and factors.</summary>
public sealed class LoraGoldenTests
{
    [Theory]
    [InlineData("one")]
    [InlineData("experts")]
    public void Products_and_gradients_are_those_of_the_formula(string name)
    {
        using var golden = TensorStore.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "lora", name + ".safetensors"));
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var offsets = Integers("offsets");
        var x = Read("x", learns: true);
        AdaptedMatrix[] experts = [.. Enumerable.Range(0, offsets.Length - 1).Select(e =>
        {
            Tensor down = Read($"a.{e}", learns: true), up = Read($"b.{e}", learns: true);
            return new AdaptedMatrix(Encoded(Read($"w.{e}", learns: false)), down, up, (float)Integers("alpha")[0] / down.Rows);
        })];
        var y = experts.Length == 1 ? workspace.Linear(x, experts[0]) : workspace.GroupedLinear(x, offsets, [.. experts]);
        Close("y", y.Span);
        Read("seed", learns: false).Span.CopyTo(workspace.AddedGradient(y)!.Span);
        workspace.Backward();
        Close("grad.x", x.Gradient!.Span);
        for (var e = 0; e < experts.Length; e++)
        {
            Close($"grad.a.{e}", experts[e].Down.Gradient!.Span);
            Close($"grad.b.{e}", experts[e].Up.Gradient!.Span);
        }

        float[] Values(string tensor)
        {
            var values = new float[golden.Info(tensor).ElementCount];
            golden.Read(tensor, values);
            return values;
        }

        Tensor Read(string tensor, bool learns)
        {
            var shape = golden.Info(tensor).Shape;
            return new Tensor((int)shape[0], (int)shape[1], Values(tensor)) { NeedsGradient = learns };
        }

        int[] Integers(string tensor) => MemoryMarshal.Cast<byte, int>(golden.Bytes(tensor)).ToArray();

        void Close(string tensor, ReadOnlySpan<float> found)
        {
            var expected = Values(tensor);
            Assert.Equal(expected.Length, found.Length);
            var largest = expected.Max(Math.Abs);
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6f * (1 + largest));
        }
    }

    static EncodedTensor Encoded(Tensor dense)
    {
        var file = new byte[dense.Count * 2];
        BlockCodec.Encode(WeightEncoding.BF16, dense.Span, dense.Columns, [], file);
        return new EncodedTensor(WeightEncoding.BF16, dense.Rows, dense.Columns, (first, count) => file.AsSpan(first * dense.Columns * 2, count * dense.Columns * 2));
    }
}

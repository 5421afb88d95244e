using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>
/// A layer, or a group of experts, as three products: output, gradient of the input, gradient of the weight.
/// </summary>
/// <param name="Name">What it is in a model.</param>
/// <param name="Rows">Rows of each product of the group.</param>
/// <param name="In">Width of the input.</param>
/// <param name="Out">Width of the output.</param>
sealed record LayerShape(string Name, int[] Rows, int In, int Out)
{
    public (int M, int N, int K) Sizes(MatMulForm form, int rows) => form switch
    {
        MatMulForm.ABt => (rows, Out, In),
        MatMulForm.AB => (rows, In, Out),
        _ => (Out, In, rows),
    };
}

static class MatMulShapes
{
    static readonly int[] s_uneven = [200, 310, 90, 0, 700, 420, 130, 198];
    static readonly int[] s_evenLarge = [1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024];

    static readonly int[] s_few = [.. Enumerable.Repeat(32, 64)];

    public static LayerShape[] Training { get; } =
    [
        new("square 512", [512], 512, 512),
        new("square 1024", [1024], 1024, 1024),
        new("square 2048", [2048], 2048, 2048),
        new("demo attention", [2048], 256, 256),
        new("demo attention, keys", [2048], 256, 128),
        new("demo gate, up", [2048], 256, 512),
        new("demo down", [2048], 512, 256),
        new("demo head", [512], 256, 4096),
        new("demo experts, up", s_uneven, 256, 64),
        new("demo experts, down", s_uneven, 64, 256),
        new("demo experts, up, 8 x 1024", s_evenLarge, 256, 64),
        new("demo experts, down, 8 x 1024", s_evenLarge, 64, 256),
        new("64 experts of 32, up", s_few, 256, 1024),
        new("64 experts of 32, down", s_few, 1024, 256),
        new("15M attention", [1024], 288, 288),
        new("15M up", [1024], 288, 768),
        new("15M down", [1024], 768, 288),
        new("15M head", [256], 288, 32000),
    ];

    /// <summary>Few rows: the time is that of reading the weight.</summary>
    public static LayerShape[] Decode { get; } =
    [
        .. from rows in new[] { 1, 2, 4, 8 }
           from layer in new[] { (256, 256), (256, 4096), (768, 288), (288, 32000) }
           select new LayerShape("decode", [rows], layer.Item1, layer.Item2),
    ];
}

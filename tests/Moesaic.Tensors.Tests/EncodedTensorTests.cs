using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests;

public class EncodedTensorTests
{
    const int Rows = 40, Columns = 512;

    public static TheoryData<WeightEncoding> Encodings => [WeightEncoding.F16, WeightEncoding.BF16, WeightEncoding.Q8_0, WeightEncoding.Q4_K];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_product_is_that_of_the_decoded_matrix(WeightEncoding encoding)
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(encoding, dense);
        using var workspace = new Workspace();
        using var x = Numbers.Matrix(3, Columns, 2);
        workspace.Begin(recording: false);
        var expected = workspace.Linear(x, Encoded.Decoded(encoded));
        var y = workspace.Linear(x, encoded);
        Assert.True(Distance(expected.Span, y.Span) < (encoding.BlockLength() == 1 ? 1e-6 : 1e-2));
        Assert.Equal((Rows, Columns, encoding), (encoded.Rows, encoded.Columns, encoded.Encoding));
    }

    [Fact]
    public void Encoded_and_dense_products_of_one_input_may_be_mixed_and_experts_too()
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(WeightEncoding.Q8_0, dense);
        using var workspace = new Workspace();
        using var x = Numbers.Matrix(6, Columns, 2);
        workspace.Begin(recording: false);
        var alone = workspace.Linear(x, encoded);
        var (first, second) = workspace.Linear(x, dense, encoded);
        Assert.Equal(alone.Span, second.Span);
        Assert.Equal(workspace.Linear(x, dense).Span, first.Span);
        var grouped = workspace.GroupedLinear(x, [0, 2, 2, 6], [encoded, dense, encoded]);
        Assert.Equal(alone.Span, grouped.Span);
    }

    [Fact]
    public void Rows_embed_and_losses_follow_from_the_decoded_table()
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(WeightEncoding.BF16, dense);
        using var decoded = Encoded.Decoded(encoded);
        using var workspace = new Workspace();
        using var hidden = Numbers.Matrix(70, Columns, 2);
        var ids = new[] { 39, 0, 7 };
        int[] targets = [.. Enumerable.Range(0, 70).Select(t => t % 5 == 0 ? -1 : t % Rows)];
        workspace.Begin(recording: false);
        Assert.Equal(workspace.Embed(decoded, ids).Span, workspace.Embed(encoded, ids).Span);
        var expected = workspace.CrossEntropy(hidden, decoded, targets, []);
        var losses = workspace.CrossEntropy(hidden, encoded, targets, []);
        Assert.True(Distance(expected.Span, losses.Span) < 1e-5);
        Assert.Equal(0, losses.Span[0]);
    }

    [Fact]
    public void The_z_loss_of_an_encoded_head_is_that_of_the_decoded_one()
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(WeightEncoding.BF16, dense);
        using var decoded = Encoded.Decoded(encoded);
        int[] targets = [.. Enumerable.Range(0, 70).Select(t => t % 5 == 0 ? -1 : t % Rows)];
        var ((a, squaresOfA), (b, squaresOfB)) = (Run(decoded), Run(encoded));
        Assert.True(Distance(a, b) < 1e-5);
        Assert.True(Distance(squaresOfA, squaresOfB) < 1e-5);
        Assert.Equal(0, squaresOfB[0]);

        (float[] Gradient, float[] Squares) Run(WeightMatrix head)
        {
            using var workspace = new Workspace();
            using var hidden = Numbers.Parameter(70, Columns, 2);
            workspace.Begin(recording: true);
            var squares = workspace.Rent(1, 70);
            workspace.CrossEntropy(hidden, head, targets, [.. Enumerable.Repeat(0.5f, 70)], squareWeight: 0.5f, squares);
            workspace.Backward();
            return (hidden.Gradient!.Span.ToArray(), squares.Span.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Gradients_pass_through_as_through_the_decoded_matrix(WeightEncoding encoding)
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(encoding, dense);
        using var decoded = Encoded.Decoded(encoded);
        var (alone, grouped) = (Through(w => w.Linear, encoded), Through(w => (x, m, _) => w.GroupedLinear(x, [0, 2, 2, 6], [m, m, m]), encoded));
        Assert.Equal(Through(w => w.Linear, decoded), alone);
        Assert.Equal(alone, grouped);
    }

    static float[] Through(Func<Workspace, Func<Tensor, WeightMatrix, Tensor?, Tensor>> product, WeightMatrix weight)
    {
        using var workspace = new Workspace();
        using var x = Numbers.Parameter(6, Columns, 2);
        workspace.Begin(recording: true);
        var y = product(workspace)(x, weight, null);
        Numbers.Fill(workspace.WrittenGradient(y, out _)!.Span, new Random(3));
        workspace.Backward();
        return x.Gradient!.Span.ToArray();
    }

    [Theory]
    [InlineData(WeightEncoding.BF16)]
    [InlineData(WeightEncoding.Q8_0)]
    public void The_loss_of_an_encoded_head_sends_its_gradient_to_what_it_reads(WeightEncoding encoding)
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(encoding, dense);
        var (expected, found) = (Gradient(Encoded.Decoded(encoded)), Gradient(encoded));
        Assert.True(Distance(expected, found) < (encoding == WeightEncoding.BF16 ? 1e-5 : 2e-2));

        static float[] Gradient(WeightMatrix head)
        {
            using var workspace = new Workspace();
            using var hidden = Numbers.Parameter(70, Columns, 2);
            int[] targets = [.. Enumerable.Range(0, 70).Select(t => t % 5 == 0 ? -1 : t % Rows)];
            workspace.Begin(recording: true);
            workspace.CrossEntropy(hidden, head, targets, [.. targets.Select((_, t) => t / 70f)]);
            workspace.Backward();
            return hidden.Gradient!.Span.ToArray();
        }
    }

    [Fact]
    public void Encoded_weights_are_not_changed()
    {
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        using var encoded = Encoded.Of(WeightEncoding.Q8_0, dense);
        Assert.Null(encoded.Master);
        Assert.Contains("Q8_0", Assert.Throws<InvalidOperationException>(() => { _ = encoded.Dense; }).Message);
    }

    [Fact]
    public void A_source_that_fails_leaves_nothing_behind_and_a_disposed_matrix_says_so()
    {
        Assert.Throws<IOException>(() => { _ = new EncodedTensor(WeightEncoding.BF16, 4, 4, (_, _) => throw new IOException("gone")); });
        using var dense = Numbers.Matrix(Rows, Columns, 1);
        var encoded = Encoded.Of(WeightEncoding.Q8_0, dense);
        encoded.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encoded.DecodeRow(0, new float[Columns]));
    }

    static double Distance(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double difference = 0, size = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow(expected[i] - actual[i], 2);
            size += Math.Pow(expected[i], 2);
        }
        return Math.Sqrt(difference / size);
    }
}

using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests;

public class AdaptedMatrixTests
{
    const int N = 6, K = 64, Rank = 2;
    const float Scale = 1.5f;

    static AdaptedMatrix Adapted(WeightMatrix weight, int seed = 10) =>
        new(weight, Numbers.Parameter(Rank, weight.Columns, seed), Numbers.Parameter(weight.Rows, Rank, seed + 1), Scale);

    [Fact]
    public void Gradients_of_factors_input_and_bias() => GradientCheck.Run(
        (w, i) => w.Linear(i[0], new AdaptedMatrix(i[1], i[2], i[3], Scale), i[4]), temporary: false,
        Numbers.Parameter(5, K, 1), Numbers.Matrix(N, K, 2), Numbers.Parameter(Rank, K, 3), Numbers.Parameter(N, Rank, 4), Numbers.Parameter(1, N, 5));

    [Fact]
    public void Gradients_where_only_the_adapter_learns() => GradientCheck.Run(
        (w, i) => w.Linear(i[0], new AdaptedMatrix(Encoded.Of(WeightEncoding.BF16, i[1]), i[2], i[3], Scale)), temporary: false,
        Numbers.Matrix(5, K, 1), Numbers.Matrix(N, K, 2), Numbers.Parameter(Rank, K, 3), Numbers.Parameter(N, Rank, 4));

    [Theory]
    [InlineData(WeightEncoding.F32)]
    [InlineData(WeightEncoding.BF16)]
    public void Gradients_of_experts_some_adapted_one_without_rows(WeightEncoding encoding) => GradientCheck.Run((w, i) =>
    {
        WeightMatrix Base(Tensor dense) => encoding == WeightEncoding.F32 ? dense : Encoded.Of(encoding, dense);
        return w.GroupedLinear(i[0], [0, 3, 3, 5, 9],
            [new AdaptedMatrix(Base(i[1]), i[2], i[3], 2), new AdaptedMatrix(Base(i[1]), i[4], i[5], 2), i[1], new AdaptedMatrix(i[1], i[4], i[5], 0.5f)]);
    }, temporary: false,
        Numbers.Parameter(9, K, 1), Numbers.Matrix(N, K, 2), Numbers.Parameter(Rank, K, 3), Numbers.Parameter(N, Rank, 4),
        Numbers.Parameter(3, K, 5), Numbers.Parameter(N, 3, 6));

    [Theory]
    [InlineData(WeightEncoding.BF16)]
    [InlineData(WeightEncoding.Q8_0)]
    public void An_adapter_of_zeros_changes_no_bit(WeightEncoding encoding)
    {
        using var plain = Encoded.Of(encoding, Numbers.Matrix(N, K, 1));
        using var adapted = new AdaptedMatrix(Encoded.Of(encoding, Numbers.Matrix(N, K, 1)), Numbers.Matrix(Rank, K, 2), new Tensor(N, Rank), Scale);
        using var workspace = new Workspace();
        using var x = Numbers.Matrix(7, K, 3);
        workspace.Begin(recording: false);
        Assert.Equal(workspace.Linear(x, plain).Span, workspace.Linear(x, adapted).Span);
        Assert.Equal(workspace.GroupedLinear(x, [0, 3, 7], [plain, plain]).Span, workspace.GroupedLinear(x, [0, 3, 7], [adapted, adapted]).Span);
    }

    [Fact]
    public void Decoded_it_is_the_sum_and_multiplies_alike()
    {
        using var adapted = Adapted(Numbers.Matrix(N, K, 1));
        using var merged = Encoded.Decoded(adapted);
        double expected = adapted.Base.Dense.Row(4)[7];
        for (var r = 0; r < Rank; r++) expected += Scale * adapted.Up.Row(4)[r] * adapted.Down.Row(r)[7];
        Assert.Equal(expected, merged.Row(4)[7], 1e-6);

        using var workspace = new Workspace();
        using var x = Numbers.Matrix(7, K, 3);
        workspace.Begin(recording: false);
        var (beside, within) = (workspace.Linear(x, adapted), workspace.Linear(x, merged));
        for (var i = 0; i < beside.Count; i++) Assert.Equal(within.Span[i], beside.Span[i], 1e-4f);
        Assert.Equal((4L * ((N * K) + (Rank * K) + (N * Rank)), WeightEncoding.F32), (adapted.Bytes, adapted.Encoding));
    }

    [Fact]
    public void Products_of_a_steady_state_allocate_nothing()
    {
        using var adapted = Adapted(Numbers.Matrix(N, K, 1));
        using var workspace = new Workspace();
        using var x = Numbers.Matrix(7, K, 3);
        int[] offsets = [0, 3, 7];
        WeightMatrix[] weights = [adapted, adapted];
        void Pass()
        {
            workspace.Begin(recording: false);
            workspace.Linear(x, adapted);
            workspace.GroupedLinear(x, offsets, weights);
        }
        for (var i = 0; i < 3; i++) Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Pass();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void What_does_not_fit_is_named_and_none_is_put_on_another()
    {
        Assert.Contains("6x64", Assert.Throws<ArgumentException>(
            () => new AdaptedMatrix(Numbers.Matrix(N, K, 1), Numbers.Matrix(2, K, 1), Numbers.Matrix(N, 3, 1), 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Adapted(Adapted(Numbers.Matrix(N, K, 1))));
    }
}

namespace Moesaic.Tensors.Tests;

public unsafe class TensorTests
{
    [Fact]
    public void Memory_is_zeroed_aligned_and_row_major()
    {
        using var tensor = new Tensor(3, 5);
        Assert.All(tensor.Span.ToArray(), v => Assert.Equal(0, v));
        Assert.Equal(0u, (nuint)tensor.Pointer % 64);
        tensor.Row(2)[1] = 4;
        Assert.Equal(4, tensor.Span[11]);
        Assert.Equal("3x5", tensor.ToString());
    }

    [Fact]
    public void Rows_outside_are_refused()
    {
        using var tensor = new Tensor(3, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Row(3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Row(-1).Length);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(2, -1)]
    public void Negative_sizes_are_refused(int rows, int columns) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tensor(rows, columns));

    [Fact]
    public void More_elements_than_an_index_reaches_are_refused() =>
        Assert.Throws<OverflowException>(() => new Tensor(1 << 16, 1 << 16));

    [Fact]
    public void Nothing_works_after_dispose()
    {
        var tensor = new Tensor(2, 2);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => tensor.Row(0).Length);
        Assert.Throws<ObjectDisposedException>(tensor.Clone);
    }

    [Fact]
    public void An_empty_tensor_is_no_disposed_one()
    {
        using var tensor = new Tensor(0, 4);
        Assert.True(tensor.Span.IsEmpty);
    }

    [Fact]
    public void A_clone_has_memory_of_its_own()
    {
        using var tensor = Numbers.Parameter(2, 2, 1);
        using var clone = tensor.Clone();
        Assert.True(clone.NeedsGradient);
        clone.Span[0] = 9;
        Assert.NotEqual(9, tensor.Span[0]);
    }
}

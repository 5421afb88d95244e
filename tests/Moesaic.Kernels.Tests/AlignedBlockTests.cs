namespace Moesaic.Kernels.Tests;

public unsafe class AlignedBlockTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(100_001)]
    public void A_block_is_aligned_and_zeroed(long bytes)
    {
        using var block = new AlignedBlock(bytes, zeroed: true);
        Assert.Equal(0u, (ulong)block.Pointer % 64);
        Assert.Equal(bytes, block.Bytes);
        Assert.Equal(-1, new Span<byte>(block.Pointer, (int)bytes).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_disposed_block_is_empty_and_may_be_disposed_again()
    {
        var block = new AlignedBlock(10, zeroed: false);
        block.Dispose();
        block.Dispose();
        Assert.True(block.Pointer == null);
        Assert.Equal(0, block.Bytes);
    }

    [Fact]
    public void Scratch_grows_and_is_one_for_each_kernel_and_thread()
    {
        var first = NativeBuffer.Of<int>().Take(10);
        Assert.True(first == NativeBuffer.Of<int>().Take(5));
        Assert.True(first != NativeBuffer.Of<long>().Take(5));
        new Span<float>(NativeBuffer.Of<int>().Take(1 << 20), 1 << 20).Fill(1);

        float* other = null;
        var thread = new Thread(() => other = NativeBuffer.Of<int>().Take(5));
        thread.Start();
        thread.Join();
        Assert.True(other != NativeBuffer.Of<int>().Take(5));
    }
}

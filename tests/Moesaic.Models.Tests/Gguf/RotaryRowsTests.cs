using Moesaic.Models.Gguf;

namespace Moesaic.Models.Tests.Gguf;

public class RotaryRowsTests
{
    [Fact]
    public void Pairs_become_neighbours() =>
        Assert.Equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11], Enumerable.Range(0, 12).Select(r => RotaryRows.OfStored(r, 6)));

    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(10)]
    public void One_way_undoes_the_other(int headDim)
    {
        for (var row = 0; row < 3 * headDim; row++)
            Assert.Equal((row, row), (RotaryRows.ToStored(RotaryRows.OfStored(row, headDim), headDim), RotaryRows.OfStored(RotaryRows.ToStored(row, headDim), headDim)));
    }
}

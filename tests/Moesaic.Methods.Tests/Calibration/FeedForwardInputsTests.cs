using Moesaic.Methods.Calibration;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Calibration;

public sealed class FeedForwardInputsTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 6).Select(i => new TokenizedSample(TinyModel.Tokens(11 + i, i), null)), length: 20);

    [Fact]
    public void Every_row_is_kept_when_there_is_room_and_padding_never()
    {
        using var model = TinyModel.Dense();
        using var all = FeedForwardInputs.Gather(model, Data, limit: 1000, rowsPerPass: 4);
        Assert.All(Enumerable.Range(0, 2).Select(all.Layer), rows =>
        {
            Assert.Equal(10 + 11 + 12 + 13 + 14 + 15, rows.Rows);
            for (var n = 0; n < rows.Rows; n++) Assert.Contains(rows.Row(n).ToArray(), v => v != 0);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(74)]
    public void A_limit_keeps_tokens_spread_over_the_data(int limit)
    {
        using var model = TinyModel.Dense();
        using var all = FeedForwardInputs.Gather(model, Data, limit: 1000);
        using var some = FeedForwardInputs.Gather(model, Data, limit, rowsPerPass: 1);
        Assert.Equal(limit, some.Layer(1).Rows);
        for (var row = 0; row < limit; row++)
        {
            var token = (int)Math.Ceiling((double)row * 75 / limit);
            Assert.Equal(all.Layer(1).Row(token).ToArray(), some.Layer(1).Row(row).ToArray());
        }
    }
}

using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

public class PassInputsTests
{
    [Fact]
    public void Rows_of_a_batch_become_segments_from_zero_and_padding_counts_nowhere()
    {
        // Blocks of 6: 5 positions and 1 of padding; 4 and 2; 3 and 3 of padding.
        var data = PackedDataset.Pack([Sample(6), Sample(5), Sample(3), Sample(4)], 6);
        var batch = data.Batch([0, 1, 2], padId: 99);
        var input = PassInputs.Of(batch, firstRow: 1, rows: 2);
        Assert.Equal(batch.Tokens[6..], input.Tokens.ToArray());
        Assert.Equal(batch.Positions[6..], input.Positions.ToArray());
        Assert.Equal(
            [.. batch.Segments.Where(s => !s.IsPadding && s.Start >= 6).Select(s => new AttentionSegment(s.Start - 6, s.Length, s.Start - 6, s.Length))],
            input.Segments.ToArray());
        Assert.Equal(input.Tokens.ToArray().Select(t => t != 99), input.Counted.ToArray());
        Assert.Contains(false, input.Counted.ToArray());
    }

    [Fact]
    public void All_rows_together_are_those_of_the_parts()
    {
        var batch = TinyRun.Batches().At(0);
        var whole = PassInputs.Of(batch, 0, batch.Rows);
        var parts = Enumerable.Range(0, batch.Rows).Select(r => PassInputs.Of(batch, r, 1)).ToList();
        Assert.Equal(whole.Counted.ToArray(), parts.SelectMany(p => p.Counted.ToArray()));
        Assert.Equal(whole.Segments.Length, parts.Sum(p => p.Segments.Length));
    }

    static TokenizedSample Sample(int tokens) => new([.. Enumerable.Range(1, tokens)], null);
}

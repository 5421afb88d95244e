using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class WeightClustersTests
{
    // Neuron j points along axis j % 4, with lengths that differ by a factor of a hundred.
    static Tensor Directions(int neurons)
    {
        var random = new Random(3);
        var rows = new Tensor(neurons, 6);
        for (var j = 0; j < neurons; j++)
        {
            var length = (float)Math.Pow(10, 2 * random.NextDouble());
            for (var d = 0; d < 6; d++) rows.Row(j)[d] = length * ((d == j % 4 ? 1 : 0) + (0.2f * (float)(random.NextDouble() - 0.5)));
        }
        return rows;
    }

    [Theory]
    [InlineData(RowDistance.Euclidean)]
    [InlineData(RowDistance.Cosine)]
    public void Like_directions_share_an_expert_whatever_their_length(RowDistance distance)
    {
        using var rows = Directions(32);
        var before = rows.Span.ToArray();
        var split = WeightClusters.Divide(2, rows, PartSizes.Of(32, 4, 0, PaddingRule.Refuse, 2), distance, new Random(1));
        Assert.Equal(2, split.Layer);
        Assert.All(split.Experts, expert => Assert.Equal(8, expert.Length));
        Assert.All(split.Experts, expert => Assert.Single(expert.Select(j => j % 4).Distinct()));
        Assert.Equal(before, rows.Span.ToArray());
    }

    [Fact]
    public void Sizes_are_exact_where_the_clouds_are_not_and_padding_fills_up()
    {
        using var rows = Directions(30);
        var split = WeightClusters.Divide(0, rows, PartSizes.Of(30, 7, 0, PaddingRule.Zeros, 0), RowDistance.Cosine, new Random(1));
        Assert.All(split.Experts, expert => Assert.Equal(5, expert.Length));
        Assert.Equal(Enumerable.Range(0, 35), split.Experts.SelectMany(e => e).Order());
    }
}

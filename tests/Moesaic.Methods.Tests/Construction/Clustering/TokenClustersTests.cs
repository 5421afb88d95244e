using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class TokenClustersTests
{
    // Clusters in a row beside a large common component.
    static Tensor Inputs()
    {
        var rows = new Tensor(400, 12);
        ModelInitialiser.FillNormal(rows.Span, new Random(3), 0.3);
        for (var n = 0; n < rows.Rows; n++)
        {
            rows.Row(n)[0] += 4;
            rows.Row(n)[1] += 3 * (n % 4);
        }
        return rows;
    }

    [Fact]
    public void The_offset_makes_the_router_agree_with_the_clusters()
    {
        using var inputs = Inputs();
        LayerClusters Of(CentroidForm form) => TokenClusters.Of(inputs, new KMeansOptions { Clusters = 4 }, form, 1, new Random(1));
        Assert.InRange(Of(CentroidForm.Offset).Agreement, 0.97, 1);
        Assert.InRange(Of(CentroidForm.Cosine).Agreement, 0.97, 1);
        Assert.True(Of(CentroidForm.Raw).Agreement < 0.9, "long centroids win");
        Assert.InRange(Of(CentroidForm.Offset).LoadVariation, 0, 0.1);
    }

    [Fact]
    public void Sharpness_is_the_deviation_of_the_logits()
    {
        using var inputs = Inputs();
        var router = TokenClusters.Of(inputs, new KMeansOptions { Clusters = 4 }, CentroidForm.Offset, 2.5, new Random(1)).Router;
        double sum = 0;
        for (var n = 0; n < inputs.Rows; n++)
        {
            var z = Enumerable.Range(0, 4).Select(e => Enumerable.Range(0, 12).Sum(d => (double)inputs.Row(n)[d] * router.Row(e)[d])).ToArray();
            sum += z.Sum(x => Math.Pow(x - z.Average(), 2));
        }
        Assert.Equal(2.5, Math.Sqrt(sum / (4 * inputs.Rows)), 1e-4);
    }

    [Fact]
    public void The_direction_puts_all_tokens_at_one()
    {
        using var inputs = Inputs();
        var u = LeastSquares.Direction(inputs);
        var heights = Enumerable.Range(0, inputs.Rows).Select(n => Enumerable.Range(0, 12).Sum(d => inputs.Row(n)[d] * u[d])).ToArray();
        Assert.InRange(heights.Average(h => (h - 1) * (h - 1)), 0, 0.02);
    }
}

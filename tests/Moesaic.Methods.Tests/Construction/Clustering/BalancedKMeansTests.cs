using Moesaic.Kernels;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class BalancedKMeansTests
{
    // Three clouds, of which the first holds three quarters of the points.
    static Tensor Clouds(int count)
    {
        var random = new Random(9);
        var rows = new Tensor(count, 5);
        for (var n = 0; n < count; n++)
        {
            var cloud = n % 8 < 6 ? 0 : n % 8 - 5;
            for (var d = 0; d < 5; d++) rows.Row(n)[d] = (d == cloud ? 4 : 0) + (float)random.NextDouble();
        }
        return rows;
    }

    [Theory]
    [InlineData(0, 100, 100)]
    [InlineData(0.4, 60, 140)]
    [InlineData(1, 0, 200)]
    public void Sizes_keep_their_bounds(double slack, int min, int max)
    {
        using var rows = Clouds(300);
        var found = BalancedKMeans.Cluster(rows, new KMeansOptions { Clusters = 3, Slack = slack }, new Random(1));
        var sizes = Enumerable.Range(0, 3).Select(e => found.Labels.Count(l => l == e)).ToArray();
        Assert.All(sizes, size => Assert.InRange(size, min, max));
    }

    [Fact]
    public void Clouds_are_found_and_the_error_is_what_it_says()
    {
        using var rows = Clouds(80);
        var found = BalancedKMeans.Cluster(rows, new KMeansOptions { Clusters = 3, Slack = 2, Restarts = 4 }, new Random(1));
        for (var n = 0; n < 80; n++)
            Assert.Equal(found.Labels[n % 8 < 6 ? 0 : n % 8], found.Labels[n]);
        var error = Enumerable.Range(0, 80).Average(n => rows.Row(n).ToArray().Select((x, d) =>
            Math.Pow(x - found.Centroids[(found.Labels[n] * 5) + d], 2)).Sum());
        Assert.Equal(error, found.Error, 1e-4);
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using var rows = Clouds(600);
        var before = WorkerTeam.Threads;
        try
        {
            var results = new[] { 1, 2, 3 }.Select(threads =>
            {
                WorkerTeam.Threads = threads;
                return BalancedKMeans.Cluster(rows, new KMeansOptions { Clusters = 7 }, new Random(2));
            }).ToArray();
            Assert.All(results, r => Assert.Equal(results[0].Centroids, r.Centroids));
            Assert.All(results, r => Assert.Equal(results[0].Labels, r.Labels));
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }

    [Fact]
    public void Rows_that_are_all_the_same_are_dealt_out()
    {
        using var rows = new Tensor(12, 2, [.. Enumerable.Repeat(1f, 24)]);
        var found = BalancedKMeans.Cluster(rows, new KMeansOptions { Clusters = 3, Slack = 0 }, new Random(1));
        Assert.All(found.Labels.CountBy(l => l), c => Assert.Equal(4, c.Value));
        Assert.Equal(0, found.Error, 1e-6);
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Training;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Training.Balance;

/// <summary>What follows from the step alone: dropped clusters, temperatures.</summary>
public class ScheduleTests
{
    static readonly ClusterDropoutOptions Options = new() { Clusters = 4, Interval = 10 };

    static Router[] Routers(int count) => [.. Enumerable.Range(0, count).Select(_ => new Router(new RouterSpec { Experts = 16, Chosen = 2 }, new Tensor(16, 4)))];

    static string Text(ReadOnlyMemory<bool> flags) => string.Concat(flags.ToArray().Select(f => f ? 'x' : '.'));

    [Fact]
    public void Half_of_every_cluster_is_dropped_until_the_interval_ends()
    {
        var routers = Routers(2);
        var dropout = new ClusterDropout(routers, Options, seed: 3);
        var first = dropout.At(0);
        foreach (var router in routers)
            foreach (var cluster in first[router].ToArray().Chunk(4)) Assert.Equal(2, cluster.Count(d => d));
        Assert.Equal(Text(first[routers[0]]), Text(dropout.At(9)[routers[0]]));
        Assert.NotEqual(Text(first[routers[0]]), Text(dropout.At(10)[routers[0]]));
        Assert.NotEqual(Text(first[routers[0]]), Text(first[routers[1]]));
        Assert.NotEqual(Text(first[routers[0]]), Text(new ClusterDropout(routers, Options, seed: 4).At(0)[routers[0]]));
        // In the long run all as often.
        var counts = new int[16];
        for (var interval = 0; interval < 400; interval++)
            foreach (var (e, dropped) in dropout.At(interval * 10)[routers[0]].ToArray().Index()) counts[e] += dropped ? 1 : 0;
        Assert.All(counts, c => Assert.InRange(c, 160, 240));
    }

    [Theory]
    [InlineData(4, 0.5, 8)]
    [InlineData(4, 1.0, 4)]
    [InlineData(16, 1.0, 16)]
    [InlineData(2, 0.3, 12)]
    [InlineData(1, 0.0, 16)]
    public void One_expert_of_a_cluster_always_stays(int clusters, double rate, int left)
    {
        var (options, router) = (Options with { Clusters = clusters, Rate = rate }, Routers(1));
        Assert.Equal(left, options.Left(16));
        Assert.Equal(left, new ClusterDropout(router, options, 1).At(0)[router[0]].ToArray().Count(d => !d));
    }

    [Fact]
    public void A_temperature_comes_down_to_one_and_stays()
    {
        var cooling = new TemperatureOptions { From = 16, Until = 0.5 };
        Assert.Equal([16, 4, 1, 1, 1], new[] { 0, 10, 20, 30, 40 }.Select(step => cooling.At(step, 40)));
        cooling = cooling with { Shape = TemperatureShape.Linear, From = 0.5 };
        Assert.Equal([0.5f, 0.75f, 1, 1], new[] { 0, 10, 20, 30 }.Select(step => cooling.At(step, 40)));
    }

    [Fact]
    public void Clusters_that_leave_too_few_are_refused()
    {
        string Refused(ClusterDropoutOptions options) => Assert.Throws<BadRequestException>(
            () => (TinyRun.Options with { Balance = new() { ClusterDropout = options } }).Check(TinyRun.Spec())).Message;
        Assert.Contains("leaves 1 of 4", Refused(new() { Clusters = 1, Rate = 0.9 }), StringComparison.Ordinal);
        Assert.Contains("3 equal parts", Refused(new() { Clusters = 3 }), StringComparison.Ordinal);
        (TinyRun.Options with { Balance = new() { ClusterDropout = new() { Clusters = 2 } } }).Check(TinyRun.Spec());
    }
}
